package model

import (
	"math"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// What a record has to fulfil by itself; the tables of SPEC §7 state each rule.
// The reader checks each record it decodes, the writer each one it is given.

// Check reports whether a record keeps the rules of its kind: nil, or an error
// of class [wire.ErrMalformed].
func Check(rec any) error {
	switch r := rec.(type) {
	case *Meta:
		return checkMeta(r)
	case *Cause:
		return checkCause(r)
	case *Type:
		return checkType(r)
	case *Func:
		return checkFunc(r)
	case *Loc:
		return checkLoc(r)
	case *Stack:
		return checkStack(r)
	case *Goroutine:
		return checkGoroutine(r)
	case *Memory:
		return checkMemory(r)
	case *TypeWord:
		return checkTypeWord(r)
	case *MapObj:
		return checkMap(r)
	case *ChanObj:
		return checkChan(r)
	case *FuncObj:
		return checkFuncObj(r)
	case *StubObj:
		return checkStub(r)
	case *Global:
		return checkGlobal(r)
	case *SourceFile:
		return checkSourceFile(r)
	case *SourceText:
		return checkSourceText(r)
	case *Loss:
		return checkLoss(r)
	case *Stats:
		return checkStats(r)
	case *Rule:
		return checkRule(r)
	}
	return wire.Malformed("%T is no record", rec)
}

func checkMeta(m *Meta) error {
	if n := len(m.UUID); n != 0 && n != 16 {
		return wire.Malformed("meta: uuid of %d bytes", n)
	}
	return nil
}

func checkCause(*Cause) error { return nil }

// badID is the error for the id of a definition that is none.
func badID(kind string, id uint32) error {
	if id == 0 {
		return wire.Malformed("%s: no id", kind)
	}
	return wire.Limit("%s %d: ids end at %d", kind, id, MaxID)
}

func checkType(t *Type) error {
	switch {
	case t.ID == 0 || t.ID > MaxID:
		return badID("type", uint32(t.ID))
	case t.Kind > KindUnsafePointer:
		return wire.Malformed("type %d: kind %d", t.ID, t.Kind)
	case t.Size < 0 || t.Size > MaxTypeSize:
		return wire.Malformed("type %d: size %d", t.ID, t.Size)
	case t.Len < 0:
		return wire.Malformed("type %d: length %d", t.ID, t.Len)
	case t.Dir > 3:
		return wire.Malformed("type %d: direction %d", t.ID, t.Dir)
	}
	for _, f := range t.Fields {
		if f.Offset < 0 || f.Offset > t.Size {
			return wire.Malformed("type %d: field %q at offset %d of %d", t.ID, f.Name, f.Offset, t.Size)
		}
	}
	return nil
}

func checkFunc(f *Func) error {
	switch {
	case f.ID == 0 || f.ID > MaxID:
		return badID("func", uint32(f.ID))
	case f.StartLine < 0:
		return wire.Malformed("func %d: line %d", f.ID, f.StartLine)
	}
	return nil
}

func checkLoc(l *Loc) error {
	switch {
	case l.ID == 0 || l.ID > MaxID:
		return badID("loc", uint32(l.ID))
	case len(l.Frames) == 0:
		return wire.Malformed("loc %d: no frames", l.ID)
	}
	for i := range l.Frames {
		f := &l.Frames[i]
		if f.Inlined != (i < len(l.Frames)-1) {
			return wire.Malformed("loc %d: frame %d of %d, inlined %v", l.ID, i, len(l.Frames), f.Inlined)
		}
		for j := range f.Vars {
			if v := &f.Vars[j]; v.Scope < 0 || (v.Place == PlaceRegs || v.Place == PlaceParts) && v.Off < 0 {
				return wire.Malformed("loc %d: variable %q: scope %d, offset %d", l.ID, v.Name, v.Scope, v.Off)
			} else if sp, bad := badSpan(v.Lost); bad {
				return wire.Malformed("loc %d: variable %q: lost span of %d bytes at %d", l.ID, v.Name, sp.Len, sp.Off)
			} else if sp, bad := badSpan(v.Set); bad || len(v.Set) > 0 && v.Set[0].Off < 0 {
				return wire.Malformed("loc %d: variable %q: set on %d lines from %d", l.ID, v.Name, sp.Len, sp.Off)
			}
		}
	}
	return nil
}

func checkStack(s *Stack) error {
	switch {
	case s.ID == 0 || s.ID > MaxID:
		return badID("stack", uint32(s.ID))
	case s.Elided < 0 || s.ElidedAt < 0 || s.ElidedAt > int64(len(s.Frames)) || s.Elided == 0 && s.ElidedAt != 0:
		return wire.Malformed("stack %d: %d frames left out before %d of %d", s.ID, s.Elided, s.ElidedAt, len(s.Frames))
	}
	for _, f := range s.Frames {
		if f.Loc == 0 {
			return wire.Malformed("stack %d: frame without location", s.ID)
		}
	}
	if sp, ok := badSpan(s.Spans); ok {
		return wire.Malformed("stack %d: span of %d bytes at %d", s.ID, sp.Len, sp.Off)
	}
	return nil
}

// badSpan finds the first span that is empty, wraps around, or does not lie behind the one before it.
func badSpan(spans []Span) (Span, bool) {
	end := int64(math.MinInt64)
	for _, sp := range spans {
		if sp.Off < end || sp.Len < 1 || sp.Off > math.MaxInt64-sp.Len {
			return sp, true
		}
		end = sp.Off + sp.Len
	}
	return Span{}, false
}

func checkGoroutine(g *Goroutine) error {
	switch {
	case g.ID == 0:
		return wire.Malformed("goroutine: no id")
	case g.StackLo > g.StackHi:
		return wire.Malformed("goroutine %d: stack from %#x to %#x", g.ID, g.StackLo, g.StackHi)
	case g.Stack == 0 && len(g.Image) > 0:
		return wire.Malformed("goroutine %d: image without a stack", g.ID)
	}
	for _, in := range g.Inline {
		if in.Frame < 0 {
			return wire.Malformed("goroutine %d: registers of frame %d", g.ID, in.Frame)
		}
	}
	for _, f := range g.Foreign {
		if f.Frame < 0 {
			return wire.Malformed("goroutine %d: foreign frame of frame %d", g.ID, f.Frame)
		}
	}
	return nil
}

func checkMemory(m *Memory) error {
	if len(m.Extents) == 0 {
		return wire.Malformed("memory: no extents")
	}
	return nil // eachRange has seen that they ascend
}

// checkExtents holds the extents that a writer is given against the rules.
func checkExtents(list []Extent) error {
	end := uint64(0)
	for _, x := range list {
		n := uint64(len(x.Bytes))
		if n == 0 || x.Addr < end || x.Addr+n < x.Addr {
			return wire.Malformed("memory: extent of %d bytes at %#x", n, x.Addr)
		}
		end = x.Addr + n
	}
	return nil
}

func checkTypeWord(w *TypeWord) error {
	if w.Addr == 0 || w.Type == 0 {
		return wire.Malformed("typeword: type %d at %#x", w.Type, w.Addr)
	}
	return nil
}

func checkMap(m *MapObj) error {
	if m.Addr == 0 || m.Type == 0 || m.Len < 0 || m.Count < 0 {
		return wire.Malformed("map at %#x: type %d, length %d, %d kept", m.Addr, m.Type, m.Len, m.Count)
	}
	return nil
}

func checkChan(c *ChanObj) error {
	if c.Addr == 0 || c.Type == 0 || c.Len < 0 || c.Cap < 0 || c.Count < 0 {
		return wire.Malformed("chan at %#x: type %d, length %d, capacity %d, %d kept", c.Addr, c.Type, c.Len, c.Cap, c.Count)
	}
	return nil
}

func checkFuncObj(f *FuncObj) error {
	if f.Addr == 0 {
		return wire.Malformed("closure: no address")
	}
	return nil
}

func checkStub(s *StubObj) error {
	if s.Size < 1 || s.Addr+uint64(s.Size) < s.Addr || s.Len < -1 {
		return wire.Malformed("stub of %d bytes at %#x, length %d", s.Size, s.Addr, s.Len)
	}
	return nil
}

func checkGlobal(g *Global) error {
	if g.Name == "" {
		return wire.Malformed("global: no name")
	}
	return nil
}

func checkSourceFile(f *SourceFile) error {
	kept := f.State == SourceEmbedded || f.State == SourceStale
	switch n := len(f.Hash); {
	case f.Path == "":
		return wire.Malformed("sourcefile: no path")
	case n != 0 && n != 32, kept && n == 0:
		return wire.Malformed("sourcefile %q: hash of %d bytes", f.Path, n)
	case f.Size < 0:
		return wire.Malformed("sourcefile %q: size %d", f.Path, f.Size)
	}
	return nil
}

func checkSourceText(t *SourceText) error {
	if len(t.Hash) != 32 {
		return wire.Malformed("sourcetext: hash of %d bytes", len(t.Hash))
	}
	return nil
}

func checkRule(r *Rule) error {
	if r.Text == "" {
		return wire.Malformed("rule: no text")
	}
	return nil
}

func checkLoss(l *Loss) error {
	if l.Count < 0 {
		return wire.Malformed("loss: count %d", l.Count)
	}
	return nil
}

func checkStats(*Stats) error { return nil }
