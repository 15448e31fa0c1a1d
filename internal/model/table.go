package model

import (
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// Record describes a kind of record: a row of SPEC §7.
type Record struct {
	Kind    int
	Name    string
	Section wire.Kind
	Since   int // minor version that introduced it
	Fields  []FieldInfo

	table fields
	zero  func() any // a new record, by pointer
}

func record(kind int, name string, section wire.Kind, m fields, zero func() any) *Record {
	return &Record{Kind: kind, Name: name, Section: section, Fields: m.info(), table: m, zero: zero}
}

// grown says that minor version 1 added the fields from old on.
func (s *Record) grown(old int) *Record {
	s.Fields = s.table.grown(old)
	return s
}

// zeroOf gives a new record.
func zeroOf[T any]() any { return new(T) }

// pointerIn gives the pointer that rec, a pointer to a record, holds.
func pointerIn(rec any) unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(&rec))[1] }

func (s *Record) encode(e *encoder, rec any) { s.table.append(e, pointerIn(rec)) }

func (s *Record) decode(d *decoder, b []byte) (any, error) {
	rec := s.zero()
	if err := s.table.decode(d, b, pointerIn(rec)); err != nil {
		return nil, err
	}
	return rec, Check(rec)
}

func (s *Record) text(b []byte, rec any) []byte { return s.table.appendText(b, pointerIn(rec)) }

// The records. A number is never used again.
var (
	recMeta       = record(1, "meta", wire.KindMeta, metaFields, zeroOf[Meta])
	recCause      = record(2, "cause", wire.KindCause, causeFields, zeroOf[Cause])
	recType       = record(3, "type", wire.KindDefs, typeFields, zeroOf[Type])
	recFunc       = record(4, "func", wire.KindDefs, funcFields, zeroOf[Func])
	recLoc        = record(5, "loc", wire.KindDefs, locFields, zeroOf[Loc])
	recStack      = record(6, "stack", wire.KindDefs, stackFields, zeroOf[Stack])
	recGoroutine  = record(7, "goroutine", wire.KindGoroutines, goroutineFields, zeroOf[Goroutine]).grown(22)
	recMemory     = record(8, "memory", wire.KindMemory, memoryFields, zeroOf[Memory])
	recTypeWord   = record(9, "typeword", wire.KindObjects, typeWordFields, zeroOf[TypeWord])
	recMap        = record(10, "map", wire.KindObjects, mapFields, zeroOf[MapObj])
	recChan       = record(11, "chan", wire.KindObjects, chanFields, zeroOf[ChanObj]).grown(10)
	recFuncObj    = record(12, "closure", wire.KindObjects, funcObjFields, zeroOf[FuncObj])
	recStub       = record(13, "stub", wire.KindObjects, stubFields, zeroOf[StubObj])
	recGlobal     = record(14, "global", wire.KindGlobals, globalFields, zeroOf[Global])
	recSourceFile = record(15, "sourcefile", wire.KindSourceDir, sourceFileFields, zeroOf[SourceFile])
	recSourceText = record(16, "sourcetext", wire.KindSource, sourceTextFields, zeroOf[SourceText])
	recLoss       = record(17, "loss", wire.KindLosses, lossFields, zeroOf[Loss])
	recStats      = record(18, "stats", wire.KindStats, statsFields, zeroOf[Stats])
	recRule       = record(19, "rule", wire.KindRules, ruleFields, zeroOf[Rule]).grown(0)
)

// Records lists the kinds of records; number n is at index n-1.
var Records = []*Record{
	recMeta, recCause, recType, recFunc, recLoc, recStack, recGoroutine, recMemory, recTypeWord,
	recMap, recChan, recFuncObj, recStub, recGlobal, recSourceFile, recSourceText, recLoss, recStats,
	recRule,
}

// Messages gives the fields of the structs that records hold lists of, by name.
func Messages() map[string][]FieldInfo {
	return map[string][]FieldInfo{
		"kv": kvFields.info(), "stat": statFields.info(), "module": moduleFields.info(),
		"field": fieldFields.info(), "const": constFields.info(),
		"locframe": locFrameFields.info(), "var": varFields.grown(10),
		"stackframe": stackFrameFields.info(), "span": spanFields.info(),
		"inline": inlineFields.info(), "defer": deferFields.grown(8), "panic": panicFields.info(), "wait": waitFields.grown(4),
		"cframe": cFrameFields.grown(0),
		"waiter": waiterFields.info(),
	}
}

// append appends the record with its kind and length.
func (s *Record) append(e *encoder, rec any) {
	e.b = wire.AppendUvarint(e.b, uint64(s.Kind))
	at := len(e.b)
	e.b = append(e.b, 0)
	e.elements = 0
	s.encode(e, rec)
	e.setLength(at)
}

// recordOf gives the description of a record, nil for anything else.
func recordOf(rec any) *Record {
	switch rec.(type) {
	case *Meta:
		return recMeta
	case *Cause:
		return recCause
	case *Type:
		return recType
	case *Func:
		return recFunc
	case *Loc:
		return recLoc
	case *Stack:
		return recStack
	case *Goroutine:
		return recGoroutine
	case *Memory:
		return recMemory
	case *TypeWord:
		return recTypeWord
	case *MapObj:
		return recMap
	case *ChanObj:
		return recChan
	case *FuncObj:
		return recFuncObj
	case *StubObj:
		return recStub
	case *Global:
		return recGlobal
	case *SourceFile:
		return recSourceFile
	case *SourceText:
		return recSourceText
	case *Loss:
		return recLoss
	case *Stats:
		return recStats
	case *Rule:
		return recRule
	}
	return nil
}
