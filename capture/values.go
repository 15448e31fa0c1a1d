package capture

import (
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

type typeIndex struct{ *types.Types }

// startValues prepares types and the walk for one capture.
func (e *Engine) startValues(c *run) error {
	if e.types.Types == nil {
		md, err := e.img.Module(c.r.Mem)
		if err != nil {
			return err
		}
		e.types.Types = types.New(types.Config{
			Image: e.img, GoVersion: c.r.Meta.GoVersion,
			Modules: []types.Module{{Types: md.Types, ETypes: md.ETypes}},
		})
	}
	e.types.Begin(c.r.Mem, func(t *model.Type) { c.add(t) })
	return nil
}

// typeID gives the number of a type whose values are in the dump.
func (c *run) typeID(t *types.Type) model.TypeID {
	t.Emit()
	return t.ID()
}

// emptyInterface is the type of a panic's value.
func (c *run) emptyInterface() (*types.Type, error) {
	off, err := c.e.img.RuntimeType(image.EmptyInterface)
	if err != nil {
		return nil, err
	}
	return c.e.types.FromDWARF(off)
}

func (c *run) root(t *types.Type, addr uint64, stored bool)  {}
func (c *run) rootBytes(t *types.Type, b []byte)             {}
func (c *run) stub(addr uint64, size int64, why mock.Reason) {}
func (c *run) closure(addr, entry uint64)                    {}
func (c *run) walk() error                                   { return nil }
func (c *run) finishValues() error                           { c.e.types.Finish(); return nil }
func (c *run) valueFigures() []model.Stat                    { return nil }
