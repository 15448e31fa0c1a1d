package dump

import (
	"strings"
	"time"

	"github.com/gopostmortem/postmortem/internal/model"
)

// ChanInfo is the state of a channel.
type ChanInfo struct {
	Len, Cap   int64
	Closed     bool
	Recv, Send []Waiter // goroutines that wait, first in line first

	Timer  bool          // a timer feeds it
	Fires  time.Duration // when that fires, from the freeze on
	Period time.Duration // between its ticks, 0 it fires once
}

// Waiter is a goroutine in a channel's queue.
type Waiter struct {
	Goroutine GoID
	Elem      Value // being sent, or where to receive; not valid if there is none
}

// ChanInfo gives the state of a channel; false for nil, and where the dump does not know it.
func (v Value) ChanInfo() (ChanInfo, bool) {
	if v.Kind() != KindChan {
		return ChanInfo{}, false
	}
	c, _ := v.chanObj()
	if c == nil {
		return ChanInfo{}, false
	}
	elem := v.Type().Elem()
	info := ChanInfo{
		Len: max(c.Len, 0), Cap: max(c.Cap, 0), Closed: c.Closed,
		Recv: v.d.waiters(c.Recv, elem), Send: v.d.waiters(c.Send, elem),
	}
	if c.When != 0 && v.d.meta.Monotonic != 0 {
		info.Timer, info.Fires, info.Period = true, time.Duration(c.When-v.d.meta.Monotonic), time.Duration(c.Period)
	}
	return info, true
}

func (d *Dump) waiters(in []model.Waiter, elem Type) []Waiter {
	var out []Waiter
	for _, w := range in {
		x := Waiter{Goroutine: GoID(w.Goroutine)}
		if w.Elem != 0 {
			x.Elem = d.At(elem, w.Elem)
		}
		out = append(out, x)
	}
	return out
}

// FuncValue is a func value: a function and what it captured.
type FuncValue struct {
	Function Function
	Addr     uint64 // of the closure
	Captured []Variable
}

// Func gives a func value; false for nil, and where the dump does not know the function.
func (v Value) Func() (FuncValue, bool) {
	if v.Kind() != KindFunc {
		return FuncValue{}, false
	}
	return v.d.funcValue(v.Pointer())
}

// Function is the function of a func value, without what it captured.
func (v Value) Function() (Function, bool) {
	if v.Kind() != KindFunc {
		return Function{}, false
	}
	obj := v.d.objects().funcs[v.Pointer()]
	if obj == nil {
		return Function{}, false
	}
	return Function{v.d, obj.Func}, true
}

func (d *Dump) funcValue(closure uint64) (FuncValue, bool) {
	obj := d.objects().funcs[closure]
	if closure == 0 || obj == nil {
		return FuncValue{}, false
	}
	out := FuncValue{Function: Function{d, obj.Func}, Addr: closure}
	for _, f := range (Type{d, obj.Context}).rec().Fields {
		if f.Offset == 0 {
			continue // the code pointer
		}
		v := &model.Var{Name: f.Name, Type: f.Type, Kind: model.VarCaptured,
			Place: model.PlaceAbs, Off: int64(closure + uint64(f.Offset))}
		if name, ok := strings.CutPrefix(f.Name, "&"); ok { // captured by reference
			v.Name, v.Type, v.Flags = name, (Type{d, f.Type}).rec().Elem, model.VarEscaped
		}
		out.Captured = append(out.Captured, Variable{d: d, v: v, phys: -1})
	}
	return out, true
}
