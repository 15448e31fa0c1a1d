package capture

import (
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// maxGlobals bounds the package variables of one dump.
const maxGlobals = 1 << 16

// globals records the package variables of the program's own module and queues
// what they lead to, after everything that a goroutine reaches.
func (c *run) globals() error {
	if c.lim.Depth == 0 {
		return c.err
	}
	list, err := c.e.img.Variables(func(pkg string) bool {
		return c.class(pkg)&model.FuncUser != 0 && !c.isOwn(pkg+".")
	})
	if err != nil {
		c.lose("package variables", mock.NoDWARF, 1, err.Error())
	}
	kept := int64(0)
	for _, v := range list {
		if kept == maxGlobals {
			c.lose("package variables", mock.ObjectLimit, int64(len(list))-kept, "more package variables than the limit")
			break
		}
		t, err := c.e.types.FromDWARFOf(v.Image, v.Type)
		if err != nil {
			c.lose("package variables", mock.Unsupported, 1, v.Name+": "+err.Error())
			continue
		}
		kept++
		c.add(&model.Global{Name: v.Name, Type: c.typeID(t), Addr: v.Addr})
		c.root(t, v.Addr, false)
	}
	return c.walk()
}
