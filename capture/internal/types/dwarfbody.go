package types

import (
	"fmt"
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/internal/model"
)

// completeDWARF reads what the DIE of t refers to and contains.
func (t *Type) completeDWARF() error {
	ts := t.ts
	e, err := ts.entry(t.die)
	if err != nil {
		return err
	}
	switch t.rec.Kind {
	case model.KindPointer:
		t.elem, err = ts.target(e)
	case model.KindSlice:
		t.elem, err = ts.ref(e, attrGoElem)
	case model.KindChan:
		t.rec.Dir = chanDir(t.rec.Name)
		t.elem, err = ts.ref(e, attrGoElem)
	case model.KindMap:
		if t.key, err = ts.ref(e, attrGoKey); err == nil {
			t.elem, err = ts.ref(e, attrGoElem)
		}
	case model.KindArray:
		err = t.arrayBody(e)
	case model.KindStruct:
		err = t.structBody(e)
	}
	if err == nil && t.rec.RType != 0 {
		t.fromDescriptor()
	}
	return err
}

// arrayBody reads element type and length.
func (t *Type) arrayBody(e *dwarf.Entry) error {
	n, err := t.ts.arrayLen(e)
	if err != nil {
		return err
	}
	elem, err := t.ts.target(e)
	if err != nil {
		return err
	}
	if !product(n, elem.Size(), t.rec.Size) {
		return fmt.Errorf("%w: %s: %d elements of %d bytes in %d", errDamaged, t.rec.Name, n, elem.Size(), t.rec.Size)
	}
	t.rec.Len, t.elem = n, elem
	return nil
}

// arrayLen reads the first dimension of the array whose DIE was read last; an
// incomplete array of C has none.
func (ts *Types) arrayLen(e *dwarf.Entry) (int64, error) {
	for e.Children {
		kid, err := ts.reader.Next()
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errDamaged, err)
		}
		if kid == nil || kid.Tag == 0 {
			break
		}
		if kid.Tag != dwarf.TagSubrangeType {
			continue
		}
		n, ok := kid.Val(dwarf.AttrCount).(int64)
		if upper, has := kid.Val(dwarf.AttrUpperBound).(int64); has && !ok {
			n = upper + 1
		}
		if n < 0 || n > maxSize {
			return 0, fmt.Errorf("%w: array of %d elements", errDamaged, n)
		}
		return n, nil
	}
	return 0, nil
}

// product reports whether n elements of that size make up total.
func product(n, size, total int64) bool {
	if n == 0 || size == 0 {
		return total == 0
	}
	return size <= total/n && n*size == total
}

// structBody reads the members, first all of their DIEs, then their types.
func (t *Type) structBody(e *dwarf.Entry) error {
	var kids []*dwarf.Entry
	for e.Children {
		kid, err := t.ts.reader.Next()
		if err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		if kid == nil || kid.Tag == 0 {
			break
		}
		if kid.Tag == dwarf.TagMember {
			kids = append(kids, kid)
		}
		if kid.Children {
			t.ts.reader.SkipChildren()
		}
		if len(kids) > maxFields {
			return fmt.Errorf("%w: %s has more than %d fields", ErrLimit, t.rec.Name, maxFields)
		}
	}
	for _, kid := range kids {
		ft, err := t.ts.target(kid)
		if err != nil {
			return err
		}
		f := Field{Type: ft}
		f.Name, _ = kid.Val(dwarf.AttrName).(string)
		f.Embedded, _ = kid.Val(attrGoEmbeddedField).(bool)
		f.Offset, _ = kid.Val(dwarf.AttrDataMemberLoc).(int64)
		if kid.Val(dwarf.AttrBitSize) != nil || kid.Val(dwarf.AttrDataBitOffset) != nil {
			t.rec.Flags |= model.TypeIncomplete // C's bit fields have no offset in bytes
			continue
		}
		if err := t.addField(f); err != nil {
			return err
		}
	}
	if e.Tag == dwarf.TagUnionType {
		t.rec.Flags |= model.TypeIncomplete // which member is valid is not known
	}
	return nil
}

// addField appends a field that lies within the struct.
func (t *Type) addField(f Field) error {
	if f.Offset < 0 || f.Type.Size() > t.rec.Size || f.Offset > t.rec.Size-f.Type.Size() {
		return fmt.Errorf("types: %s: field %s lies outside", t.rec.Name, f.Name)
	}
	t.fields = append(t.fields, f)
	return nil
}

// chanDir takes the direction from the name of a channel type; that of a
// defined type is in its descriptor.
func chanDir(name string) uint64 {
	switch {
	case strings.HasPrefix(name, "<-chan "):
		return 1
	case strings.HasPrefix(name, "chan<- "):
		return 2
	}
	return 3
}
