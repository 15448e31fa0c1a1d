package image

import (
	"fmt"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
)

// Member is a field of a structure of the runtime.
type Member struct {
	Off  uint64
	Type dwarf.Offset
}

// Struct is the layout of a structure of the runtime, as this program's
// compiler laid it out.
type Struct struct {
	Name    string
	Size    uint64
	Members map[string]Member
}

// RuntimeStruct gives the layout of a type by name.
func (m *Image) RuntimeStruct(name string) (*Struct, error) {
	off, err := m.RuntimeType(name)
	if err != nil {
		return nil, err
	}
	return m.StructAt(off)
}

// StructAt gives the layout of the structure at a DIE, through typedefs.
func (m *Image) StructAt(off dwarf.Offset) (*Struct, error) {
	for range 8 {
		r, e, err := m.typeAt(off)
		if err != nil {
			return nil, err
		}
		switch e.Tag {
		case dwarf.TagTypedef:
			off, _ = e.Val(dwarf.AttrType).(dwarf.Offset)
		case dwarf.TagStructType:
			return members(r, e)
		default:
			return nil, fmt.Errorf("DWARF: the entry at %#x, tag %#x, is no structure", off, e.Tag)
		}
	}
	return nil, fmt.Errorf("DWARF: chain of typedefs at %#x", off)
}

// typeAt reads the DIE of a type; the reader gives its children next.
func (m *Image) typeAt(off dwarf.Offset) (DIEs, *dwarf.Entry, error) {
	r, err := m.DIEs()
	if err != nil {
		return nil, nil, err
	}
	r.Seek(off)
	e, err := r.Next()
	if err != nil || e == nil {
		return nil, nil, fmt.Errorf("DWARF: no type at %#x", off)
	}
	return r, e, nil
}

func members(r DIEs, e *dwarf.Entry) (*Struct, error) {
	s := &Struct{Members: map[string]Member{}}
	s.Name, _ = e.Val(dwarf.AttrName).(string)
	if size, ok := e.Val(dwarf.AttrByteSize).(int64); ok && size >= 0 {
		s.Size = uint64(size)
	}
	for e.Children {
		kid, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("DWARF: %w", err)
		}
		if kid == nil || kid.Tag == 0 {
			break
		}
		name, _ := kid.Val(dwarf.AttrName).(string)
		at, ok := kid.Val(dwarf.AttrDataMemberLoc).(int64)
		typ, ok2 := kid.Val(dwarf.AttrType).(dwarf.Offset)
		if kid.Tag == dwarf.TagMember && ok && ok2 && at >= 0 {
			s.Members[name] = Member{uint64(at), typ}
		}
		if kid.Children {
			r.SkipChildren()
		}
	}
	return s, nil
}

// Offset finds a member by path ("sched.sp"), and says whether it is there.
func (m *Image) Offset(s *Struct, path ...string) (uint64, bool) {
	var off uint64
	for i, name := range path {
		f, ok := s.Members[name]
		if !ok {
			return 0, false
		}
		off += f.Off
		if i == len(path)-1 {
			break
		}
		next, err := m.StructAt(f.Type)
		if err != nil {
			return 0, false
		}
		s = next
	}
	return off, true
}

// ArrayLen gives the number of elements of the array type at a DIE.
func (m *Image) ArrayLen(off dwarf.Offset) (int64, bool) {
	r, e, err := m.typeAt(off)
	if err != nil || e.Tag != dwarf.TagArrayType || !e.Children {
		return 0, false
	}
	kid, err := r.Next()
	if err != nil || kid == nil {
		return 0, false
	}
	n, ok := kid.Val(dwarf.AttrCount).(int64)
	return n, ok
}

// Elem gives the type of which the array type, the pointer type or the typedef
// at a DIE is made.
func (m *Image) Elem(off dwarf.Offset) (dwarf.Offset, bool) {
	_, e, err := m.typeAt(off)
	if err != nil || e.Tag != dwarf.TagArrayType && e.Tag != dwarf.TagPointerType && e.Tag != dwarf.TagTypedef {
		return 0, false
	}
	elem, ok := e.Val(dwarf.AttrType).(dwarf.Offset)
	return elem, ok
}
