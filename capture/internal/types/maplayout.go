package types

import (
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
)

// MapLayout is where the entries of one map type lie (internal/runtime/maps).
// A group is a control word and eight slots; its layout depends on key and
// element, and is taken from the group's own type.
type MapLayout struct {
	// The map and its tables, the same for all map types.
	Size, Used, DirPtr, DirLen            int64 // internal/runtime/maps.Map
	TableSize, TableIndex, Data, LengthMk int64 // internal/runtime/maps.table

	// The groups.
	GroupSize, Ctrl     int64
	Keys, KeyStride     int64 // first key, and the distance of the next
	Elems, ElemStride   int64
	KeyIsPtr, ElemIsPtr bool // too large for a slot, which holds a pointer to it
}

// MapSlots is the number of slots in a group.
const MapSlots = 8

// maxGroup bounds the size of a group: slots hold at most 128 bytes of a key
// and as much of an element.
const maxGroup = 8 + MapSlots*2*128

// MapLayout gives the layout of a map type.
func (t *Type) MapLayout() (*MapLayout, error) {
	if t.layout != nil {
		return t.layout, nil
	}
	t.complete()
	if t.rec.Kind != model.KindMap || t.key == nil || t.elem == nil {
		return nil, fmt.Errorf("types: %s: %w", t.Name(), ErrLayout)
	}
	l, err := t.ts.mapHeader()
	if err != nil {
		return nil, err
	}
	group, err := t.groupType()
	if err != nil {
		return nil, err
	}
	if err := l.group(layoutOf(group), t.key, t.elem); err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name(), err)
	}
	t.layout = l
	return l, nil
}

// Maps tells why the entries of maps cannot be read, nil if they can.
func (ts *Types) Maps() error {
	_, err := ts.mapHeader()
	return err
}

// mapHeader fills in what all maps have in common: from DWARF, or where the
// program has none as it is from Go 1.25 to 1.27.
func (ts *Types) mapHeader() (*MapLayout, error) {
	l := &MapLayout{Size: 48, Used: 0, DirPtr: 16, DirLen: 24, TableSize: 32, TableIndex: 8, Data: 16, LengthMk: 24}
	if ts.sources[0].reader == nil {
		if ts.minor < 25 || ts.minor > 27 {
			return nil, ErrLayout
		}
		return l, nil
	}
	const pkg = "internal/runtime/maps."
	m, t, g := ts.structLayout(pkg+"Map"), ts.structLayout(pkg+"table"), ts.structLayout(pkg+"groupsReference")
	if m == nil || t == nil || g == nil || m.size > maxGroup || t.size > maxGroup {
		return nil, ErrLayout // for instance GOEXPERIMENT=noswissmap in Go 1.25
	}
	var groups int64
	ok := m.fill(place{"used", 8, &l.Used}, place{"dirPtr", 8, &l.DirPtr}, place{"dirLen", 8, &l.DirLen}) &&
		t.fill(place{"index", 8, &l.TableIndex}, place{"groups", g.size, &groups}) &&
		g.fill(place{"data", 8, &l.Data}, place{"lengthMask", 8, &l.LengthMk})
	if !ok {
		return nil, ErrLayout
	}
	l.Size, l.TableSize = m.size, t.size
	l.Data += groups
	l.LengthMk += groups
	return l, nil
}

// groupType finds the type of the map's groups.
func (t *Type) groupType() (*Type, error) {
	if t.rec.RType != 0 {
		d, err := t.ts.descriptor(t.rec.RType)
		if err == nil && d.kind == model.KindMap {
			return t.ts.FromRType(d.word(rtBytes + 16))
		}
	}
	// map[K]V is a pointer to map<K,V>, whose dirPtr leads to table<K,V>,
	// whose groups.data points to the group.
	m, err := t.ts.fromDWARF(t.source, t.under)
	if err != nil {
		return nil, err
	}
	at := m
	for _, step := range []string{"*", "dirPtr", "*", "*", "groups", "data", "*"} {
		if at = at.step(step); at == nil {
			return nil, fmt.Errorf("types: %s: %w", t.Name(), ErrLayout)
		}
	}
	return at, nil
}

// step follows a pointer type or a field; nil if that can't be done.
func (t *Type) step(to string) *Type {
	if to == "*" {
		if t.Kind() != model.KindPointer {
			return nil
		}
		return t.Elem()
	}
	if l := layoutOf(t); l != nil {
		return l.fields[to].Type
	}
	return nil
}

// group takes the layout of a group: slots of key and element, or with
// GOEXPERIMENT=mapsplitgroup (Go 1.27) all keys before all elements.
func (l *MapLayout) group(g *structLayout, key, elem *Type) error {
	if g == nil {
		return ErrLayout
	}
	l.GroupSize = g.size
	if g.size > maxGroup {
		return fmt.Errorf("%w: a group of %d bytes", ErrLayout, g.size)
	}
	ctrl, slots := g.either("ctrl"), g.either("slots")
	if ctrl.Type == nil || ctrl.Type.Size() != MapSlots {
		return ErrLayout
	}
	l.Ctrl = ctrl.Offset
	k, e := g.either("keys"), g.either("elems")
	if slots.Type != nil {
		k, e = slots, slots
	}
	if !k.eight() || !e.eight() {
		return ErrLayout
	}
	inKey, inElem := k.Type.Elem(), e.Type.Elem()
	l.Keys, l.KeyStride = k.Offset, inKey.Size()
	l.Elems, l.ElemStride = e.Offset, inElem.Size()
	if slots.Type != nil {
		slot := layoutOf(inKey)
		if slot == nil {
			return ErrLayout
		}
		k, e := slot.either("key"), slot.either("elem")
		inKey, inElem = k.Type, e.Type
		l.Keys += k.Offset
		l.Elems += e.Offset
	}
	var ok1, ok2 bool
	l.KeyIsPtr, ok1 = indirect(inKey, key)
	l.ElemIsPtr, ok2 = indirect(inElem, elem)
	if !ok1 || !ok2 {
		return ErrLayout
	}
	return nil
}

// either finds a field of a group, which package reflect names in its own way.
func (l *structLayout) either(name string) Field {
	if f, ok := l.fields[name]; ok {
		return f
	}
	return l.fields[strings.ToUpper(name[:1])+name[1:]]
}

// eight reports whether the field is an array with an element for each slot.
func (f Field) eight() bool {
	return f.Type != nil && f.Type.Kind() == model.KindArray && f.Type.Len() == MapSlots && f.Type.Elem() != nil
}

// indirect reports whether a slot holds a pointer to the value instead of the value.
func indirect(slot, value *Type) (ptr, ok bool) {
	switch {
	case slot == nil:
		return false, false
	case slot == value:
		return false, true
	case slot.Kind() == model.KindPointer && (slot.Elem() == value || value.Kind() != model.KindPointer):
		return true, true
	}
	return false, slot.Size() == value.Size() && slot.Kind() == value.Kind()
}
