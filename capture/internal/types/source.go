package types

import (
	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
)

// source is what one of the program's modules says of types: its DWARF and the
// place of its descriptors. Offsets of DIEs mean something in a source only;
// that of what is being read is the Types' own.
type source struct {
	image  Image
	module Module
	reader image.DIEs // nil: there is no DWARF
	byDIE  map[dwarf.Offset]*Type
	consts map[string]map[dwarf.Offset][]model.Const // by package, then type
}

// Add makes the types of another module known, a plugin's for one.
func (ts *Types) Add(img Image, m Module) {
	s := &source{image: img, module: m, byDIE: make(map[dwarf.Offset]*Type), consts: make(map[string]map[dwarf.Offset][]model.Const)}
	if img != nil {
		if r, err := img.DIEs(); err == nil {
			s.reader = r
		}
	}
	ts.sources = append(ts.sources, s)
}

// FromDWARFOf gives the type whose DIE is at off in an image that has been added.
func (ts *Types) FromDWARFOf(img Image, off dwarf.Offset) (*Type, error) {
	for _, s := range ts.sources {
		if s.image == img {
			return ts.fromDWARF(s, off)
		}
	}
	return nil, errNoDWARF
}

// fromDWARF is FromDWARF for a source.
func (ts *Types) fromDWARF(s *source, off dwarf.Offset) (*Type, error) {
	defer ts.turn(s)()
	return ts.FromDWARF(off)
}

// turn makes a source the one that is read, until what it gives is called.
func (ts *Types) turn(s *source) (back func()) {
	was := ts.source
	ts.source = s
	return func() { ts.source = was }
}
