package model

import "github.com/gopostmortem/postmortem/internal/wire"

// Record describes a kind of record: a row of SPEC §7.
type Record struct {
	Kind    int
	Name    string
	Section wire.Kind
	Since   int // minor version that introduced it
	Fields  []FieldInfo

	encode func(e *encoder, rec any)
	decode func(d *decoder, b []byte) (any, error)
	text   func(b []byte, rec any) []byte
}

func record[T any](kind int, name string, section wire.Kind, m message[T], check func(*T) error) *Record {
	return &Record{
		Kind: kind, Name: name, Section: section, Fields: m.info(),
		encode: func(e *encoder, rec any) { m.append(e, rec.(*T)) },
		decode: func(d *decoder, b []byte) (any, error) {
			r := new(T)
			if err := m.decode(d, b, r); err != nil {
				return nil, err
			}
			return r, check(r)
		},
		text: func(b []byte, rec any) []byte { return m.appendText(b, rec.(*T)) },
	}
}

// The records. A number is never used again.
var (
	recMeta       = record(1, "meta", wire.KindMeta, metaFields, checkMeta)
	recCause      = record(2, "cause", wire.KindCause, causeFields, checkCause)
	recType       = record(3, "type", wire.KindDefs, typeFields, checkType)
	recFunc       = record(4, "func", wire.KindDefs, funcFields, checkFunc)
	recLoc        = record(5, "loc", wire.KindDefs, locFields, checkLoc)
	recStack      = record(6, "stack", wire.KindDefs, stackFields, checkStack)
	recGoroutine  = record(7, "goroutine", wire.KindGoroutines, goroutineFields, checkGoroutine)
	recMemory     = record(8, "memory", wire.KindMemory, memoryFields, checkMemory)
	recTypeWord   = record(9, "typeword", wire.KindObjects, typeWordFields, checkTypeWord)
	recMap        = record(10, "map", wire.KindObjects, mapFields, checkMap)
	recChan       = record(11, "chan", wire.KindObjects, chanFields, checkChan)
	recFuncObj    = record(12, "closure", wire.KindObjects, funcObjFields, checkFuncObj)
	recStub       = record(13, "stub", wire.KindObjects, stubFields, checkStub)
	recGlobal     = record(14, "global", wire.KindGlobals, globalFields, checkGlobal)
	recSourceFile = record(15, "sourcefile", wire.KindSourceDir, sourceFileFields, checkSourceFile)
	recSourceText = record(16, "sourcetext", wire.KindSource, sourceTextFields, checkSourceText)
	recLoss       = record(17, "loss", wire.KindLosses, lossFields, checkLoss)
	recStats      = record(18, "stats", wire.KindStats, statsFields, checkStats)
)

// Records lists the kinds of records; number n is at index n-1.
var Records = []*Record{
	recMeta, recCause, recType, recFunc, recLoc, recStack, recGoroutine, recMemory, recTypeWord,
	recMap, recChan, recFuncObj, recStub, recGlobal, recSourceFile, recSourceText, recLoss, recStats,
}

// Messages gives the fields of the structs that records hold lists of, by name.
func Messages() map[string][]FieldInfo {
	return map[string][]FieldInfo{
		"kv": kvFields.info(), "stat": statFields.info(), "module": moduleFields.info(),
		"field": fieldFields.info(), "const": constFields.info(),
		"locframe": locFrameFields.info(), "var": varFields.info(),
		"stackframe": stackFrameFields.info(), "span": spanFields.info(),
		"inline": inlineFields.info(), "defer": deferFields.info(), "panic": panicFields.info(), "wait": waitFields.info(),
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
	}
	return nil
}
