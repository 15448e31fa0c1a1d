//go:build linux && amd64

package values

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
)

// dumped is a reader for what a walk emitted: nothing but the records, and no
// knowledge of the runtime.
type dumped struct {
	t       testing.TB
	types   map[model.TypeID]*model.Type
	extents []model.Extent
	words   map[uint64]model.TypeID
	maps    map[uint64]*model.MapObj
	chans   map[uint64]*model.ChanObj
	funcs   map[uint64]*model.FuncObj
	stubs   []*model.StubObj
	names   map[model.FuncID]string
	ids     map[string]model.FuncID
	roots   map[string]model.TypeID
	losses  []model.Loss
	figures Figures
	path    []uint64
}

func newDumped(t testing.TB) *dumped {
	return &dumped{
		t: t, types: map[model.TypeID]*model.Type{}, words: map[uint64]model.TypeID{}, maps: map[uint64]*model.MapObj{},
		chans: map[uint64]*model.ChanObj{}, funcs: map[uint64]*model.FuncObj{}, names: map[model.FuncID]string{},
		ids: map[string]model.FuncID{}, roots: map[string]model.TypeID{},
	}
}

func (d *dumped) fn(img *image.Image) func(pc uint64) model.FuncID {
	return func(pc uint64) model.FuncID {
		fn, ok := img.Find(pc)
		if !ok {
			return 0
		}
		id, ok := d.ids[fn.Name()]
		if !ok {
			id = model.FuncID(len(d.ids) + 1)
			d.ids[fn.Name()], d.names[id] = id, fn.Name()
		}
		return id
	}
}

// add takes a record, and holds it against the format's rules.
func (d *dumped) add(rec any) {
	if err := model.Check(rec); err != nil {
		d.t.Errorf("bad record: %v", err)
	}
	switch r := rec.(type) {
	case *model.Type:
		if d.types[r.ID] != nil {
			d.t.Errorf("type %d (%s) emitted twice", r.ID, r.Name)
		}
		d.types[r.ID] = r
	case *model.Memory:
		end := uint64(0)
		for _, x := range r.Extents {
			if x.Addr < end || len(x.Bytes) == 0 {
				d.t.Errorf("extent of %d bytes at %#x is not in order", len(x.Bytes), x.Addr)
			}
			end = x.Addr + uint64(len(x.Bytes))
			d.extents = append(d.extents, model.Extent{Addr: x.Addr, Bytes: slices.Clone(x.Bytes)})
		}
	case *model.TypeWord:
		d.once(d.words[r.Addr] == 0, "type word", r.Addr)
		d.words[r.Addr] = r.Type
	case *model.MapObj:
		d.once(d.maps[r.Addr] == nil, "map", r.Addr)
		d.maps[r.Addr] = r
	case *model.ChanObj:
		d.once(d.chans[r.Addr] == nil, "channel", r.Addr)
		d.chans[r.Addr] = r
	case *model.FuncObj:
		d.once(d.funcs[r.Addr] == nil, "closure", r.Addr)
		d.funcs[r.Addr] = r
	case *model.StubObj:
		d.stubs = append(d.stubs, r)
	}
}

func (d *dumped) once(ok bool, what string, addr uint64) {
	if !ok {
		d.t.Errorf("%s at %#x emitted twice", what, addr)
	}
}

// check sorts the image and holds it against the rule that no byte is in it twice.
func (d *dumped) check() {
	d.t.Helper()
	slices.SortFunc(d.extents, func(a, b model.Extent) int {
		if a.Addr < b.Addr {
			return -1
		}
		return 1
	})
	for i := 1; i < len(d.extents); i++ {
		if a, b := d.extents[i-1], d.extents[i]; a.Addr+uint64(len(a.Bytes)) > b.Addr {
			d.t.Fatalf("%#x is in the image twice", b.Addr)
		}
	}
	named := func(id model.TypeID) {
		if id != 0 && d.types[id] == nil {
			d.t.Errorf("type %d is named but not described", id)
		}
	}
	for _, t := range d.types {
		named(t.Elem)
		named(t.Key)
		for _, f := range t.Fields {
			named(f.Type)
		}
		for _, id := range slices.Concat(t.In, t.Out) {
			named(id)
		}
	}
	for _, s := range d.stubs {
		named(s.Type)
	}
}

// bytes reads the image; nil where it is not whole.
func (d *dumped) bytes(addr uint64, n int64) []byte {
	i := sort.Search(len(d.extents), func(i int) bool { return d.extents[i].Addr > addr }) - 1
	if n == 0 {
		return []byte{}
	}
	var out []byte
	for ; i >= 0 && i < len(d.extents); i++ {
		x := d.extents[i]
		if addr < x.Addr || addr >= x.Addr+uint64(len(x.Bytes)) {
			return nil
		}
		part := x.Bytes[addr-x.Addr:]
		part = part[:min(int64(len(part)), n)]
		out = append(out, part...)
		if addr, n = addr+uint64(len(part)), n-int64(len(part)); n == 0 {
			return out
		}
	}
	return nil
}

// absent tells why addr is not in the image.
func (d *dumped) absent(addr uint64) string {
	for _, s := range d.stubs {
		if addr >= s.Addr && addr < s.Addr+uint64(s.Size) {
			return "<" + s.Reason.String() + ">"
		}
	}
	return fmt.Sprintf("<absent %#x>", addr)
}

// at renders the value of a type at an address.
func (d *dumped) at(id model.TypeID, addr uint64) string {
	t := d.types[id]
	if t == nil {
		return "<no type>"
	}
	b := d.bytes(addr, t.Size)
	if b == nil {
		return d.absent(addr)
	}
	return d.value(t, b)
}

func u64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// value renders bytes of a type, as the fixture's render does with reflection.
func (d *dumped) value(t *model.Type, b []byte) string {
	switch t.Kind {
	case model.KindString:
		if n := int64(u64(b[8:])); n != 0 {
			if s := d.bytes(u64(b), n); s != nil {
				return fmt.Sprintf("%q", s)
			}
			return d.absent(u64(b) + uint64(d.kept(u64(b), 1, n)))
		}
		return `""`
	case model.KindSlice:
		if u64(b) == 0 {
			return "nil"
		}
		return d.list(t.Elem, u64(b), int64(u64(b[8:])))
	case model.KindArray:
		return d.packed(t.Elem, b, t.Len)
	case model.KindStruct:
		var out []string
		for _, f := range t.Fields {
			out = append(out, f.Name+":"+d.value(d.types[f.Type], b[f.Offset:f.Offset+d.types[f.Type].Size]))
		}
		return "{" + strings.Join(out, " ") + "}"
	case model.KindUnsafePointer:
		return fmt.Sprintf("%#x", u64(b))
	case model.KindPointer, model.KindMap, model.KindChan, model.KindFunc, model.KindInterface:
		if u64(b) == 0 {
			return "nil"
		}
		return d.reference(t, b)
	}
	return number(t, b)
}

func (d *dumped) reference(t *model.Type, b []byte) string {
	p := u64(b)
	switch t.Kind {
	case model.KindPointer:
		if d.types[t.Elem].Size == 0 {
			return "&{}"
		}
		if slices.Contains(d.path, p) {
			return "^"
		}
		d.path = append(d.path, p)
		defer func() { d.path = d.path[:len(d.path)-1] }()
		return "&" + d.at(t.Elem, p)
	case model.KindMap:
		return d.entries(p)
	case model.KindChan:
		return d.channel(p)
	case model.KindFunc:
		return d.closure(p)
	}
	dyn := d.types[d.words[p]]
	switch {
	case dyn == nil:
		return d.absent(p)
	case dyn.Flags&model.TypeDirect != 0:
		return "(" + d.value(dyn, b[8:]) + ")"
	case dyn.Size == 0:
		return "(" + d.value(dyn, nil) + ")"
	}
	return "(" + d.at(dyn.ID, u64(b[8:])) + ")"
}

// kept is how many elements from addr are in the image.
func (d *dumped) kept(addr uint64, size, n int64) int64 {
	if d.bytes(addr, n*size) != nil {
		return n
	}
	return int64(sort.Search(int(min(n, 1<<20)), func(k int) bool { return d.bytes(addr, int64(k+1)*size) == nil }))
}

func (d *dumped) list(elem model.TypeID, addr uint64, n int64) string {
	size := d.types[elem].Size
	kept := n
	if size > 0 {
		kept = d.kept(addr, size, n)
	}
	out := d.packed(elem, d.bytes(addr, kept*size), kept)
	if kept < n {
		return strings.TrimSuffix(out, "]") + " " + d.absent(addr+uint64(kept*size)) + "]"
	}
	return out
}

func (d *dumped) packed(elem model.TypeID, b []byte, n int64) string {
	t := d.types[elem]
	out := make([]string, n)
	for i := range out {
		out[i] = d.value(t, b[int64(i)*t.Size:(int64(i)+1)*t.Size])
	}
	return "[" + strings.Join(out, " ") + "]"
}

func (d *dumped) entries(p uint64) string {
	m := d.maps[p]
	if m == nil {
		return d.absent(p)
	}
	t := d.types[m.Type]
	k, e := d.types[t.Key], d.types[t.Elem]
	var out []string
	for i := range m.Count {
		at := m.Base + uint64(i*(k.Size+e.Size))
		out = append(out, d.at(k.ID, at)+":"+d.at(e.ID, at+uint64(k.Size)))
	}
	sort.Strings(out)
	if m.Count < m.Len {
		out = append(out, "<"+m.Reason.String()+">")
	}
	return "map[" + strings.Join(out, " ") + "]"
}

func (d *dumped) channel(p uint64) string {
	c := d.chans[p]
	if c == nil {
		return d.absent(p)
	}
	elem := d.types[c.Type].Elem
	out := fmt.Sprintf("chan %d/%d%s", c.Len, c.Cap, d.list(elem, c.Base, c.Count))
	for _, q := range []struct {
		name string
		list []model.Waiter
	}{{"recv", c.Recv}, {"send", c.Send}} {
		var waits []string
		for _, w := range q.list {
			if w.Goroutine == 0 {
				d.t.Errorf("a waiter of channel %#x is no goroutine", p)
			}
			if w.Elem == 0 {
				waits = append(waits, "0")
				continue
			}
			waits = append(waits, d.at(elem, w.Elem))
		}
		if waits != nil {
			out += " " + q.name + "[" + strings.Join(waits, " ") + "]"
		}
	}
	if c.Closed {
		out += " closed"
	}
	return out
}

func (d *dumped) closure(p uint64) string {
	f := d.funcs[p]
	if f == nil {
		return d.absent(p)
	}
	name := d.names[f.Func]
	if f.Context == 0 {
		return name
	}
	t := d.types[f.Context]
	if d.bytes(p, t.Size) == nil {
		return name + d.absent(p+8)
	}
	var out []string
	for _, v := range t.Fields {
		switch {
		case v.Offset == 0:
			out = append(out, "F")
		case strings.HasPrefix(v.Name, "&"):
			out = append(out, v.Name[1:]+":"+strings.TrimPrefix(d.at(v.Type, p+uint64(v.Offset)), "&"))
		default:
			out = append(out, v.Name+":"+d.at(v.Type, p+uint64(v.Offset)))
		}
	}
	return name + "{" + strings.Join(out, " ") + "}"
}

// number renders the kinds that are numbers.
func number(t *model.Type, b []byte) string {
	var raw [8]byte
	copy(raw[:], b)
	u := u64(raw[:])
	shift := 64 - 8*t.Size
	switch t.Kind {
	case model.KindBool:
		return fmt.Sprint(u != 0)
	case model.KindInt, model.KindInt8, model.KindInt16, model.KindInt32, model.KindInt64:
		return fmt.Sprint(int64(u) << shift >> shift)
	case model.KindUint, model.KindUint8, model.KindUint16, model.KindUint32, model.KindUint64, model.KindUintptr:
		return fmt.Sprint(u)
	case model.KindFloat32:
		return fmt.Sprint(float64(math.Float32frombits(uint32(u))))
	case model.KindFloat64:
		return fmt.Sprint(math.Float64frombits(u))
	case model.KindComplex64:
		return fmt.Sprint(complex(float64(math.Float32frombits(uint32(u))), float64(math.Float32frombits(uint32(u>>32)))))
	case model.KindComplex128:
		return fmt.Sprint(complex(math.Float64frombits(u), math.Float64frombits(u64(b[8:]))))
	}
	return "?"
}

func (d *dumped) typ(r *model.Type) { d.add(r) }
