package capture

import (
	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/offheap"
	"github.com/gopostmortem/postmortem/capture/internal/paged"
	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
	"github.com/gopostmortem/postmortem/capture/internal/values"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// typeIndex is the program's types, compiled so far.
type typeIndex struct {
	*types.Types
	added int // modules besides the executable
}

// startValues prepares types and the walk for one capture.
func (e *Engine) startValues(c *run) error {
	if e.types.Types == nil {
		md, err := e.img.Module(c.r.Mem)
		if err != nil {
			return err
		}
		e.types.Types = types.New(types.Config{
			Image: e.img, GoVersion: c.r.Meta.GoVersion,
			Module: types.Module{Types: md.Types, ETypes: md.ETypes},
		})
	}
	e.addTypes(c.r.Mem)
	e.types.Begin(c.r.Mem, func(t *model.Type) { c.add(t) })
	c.walker = values.New(values.Config{
		Types: e.types.Types, Mem: &batches{Memory: c.r.Mem}, Emit: c.add, Func: c.funcs.at, Code: c.e.img.Code, Goroutine: c.known.id,
		Limits: values.Limits{Depth: c.lim.Depth, Bytes: c.lim.Bytes, Objects: c.lim.Objects, Elements: c.lim.Elements, String: c.lim.String},
	})
	c.spans = e.newHeapSpans(c.r.Mem)
	return nil
}

// goroutines finds goroutines by the address of their g.
type goroutines struct {
	list  []goroutine.Info
	index offheap.Map
}

func (k *goroutines) set(list []goroutine.Info) {
	k.list = list
	for i := range list {
		k.index.Set(list[i].Addr, int32(i))
	}
}

// id is 0 for a g that is not among them.
func (k *goroutines) id(addr uint64) model.GoID {
	if i, ok := k.index.Get(addr); ok {
		return k.list[i].ID
	}
	return 0
}

// memory is the frozen memory of one capture.
type memory struct {
	paged.Memory
	stack unwind.Stack // of the goroutine at hand, whose bytes have been read
}

func newMemory(source Memory) *memory {
	return &memory{Memory: paged.Memory{Source: source}}
}

// ReadMemory fills p with the memory at addr, all of it or an error.
func (m *memory) ReadMemory(p []byte, addr uint64) error {
	if off := addr - m.stack.Base; off < uint64(len(m.stack.Bytes)) && len(p) <= len(m.stack.Bytes[off:]) {
		copy(p, m.stack.Bytes[off:])
		return nil
	}
	return m.Memory.ReadMemory(p, addr)
}

// ReadBatch implements [goroutine.Batcher].
func (m *memory) ReadBatch(reqs []freeze.Request) { goroutine.ReadBatch(m.Source, reqs) }

// batches lets the walk read many ranges at once.
type batches struct {
	Memory
	reqs []freeze.Request
}

// ReadBatch implements values.BatchReader.
func (b *batches) ReadBatch(addrs []uint64, bufs [][]byte, errs []error) {
	reqs := b.reqs[:0]
	for i := range addrs {
		reqs = append(reqs, freeze.Request{Addr: addrs[i], Buf: bufs[i]})
	}
	b.reqs = reqs
	goroutine.ReadBatch(b.Memory, reqs)
	for i := range reqs {
		errs[i] = reqs[i].Err
	}
}

// close gives back the memory of the walk, and of what was found for it.
func (c *run) close() {
	c.walker.Close()
	c.known.index.Free()
	if c.spans != nil {
		c.spans.known.Free()
	}
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
		return c.e.types.EmptyInterface(image.EmptyInterface)
	}
	return c.e.types.FromDWARF(off)
}

// root queues a variable; stored says that a stack image has its bytes.
func (c *run) root(t *types.Type, addr uint64, stored bool) { c.walker.Root(t, addr, stored) }

// rootBytes queues a variable whose bytes are at hand.
func (c *run) rootBytes(t *types.Type, b []byte) { c.walker.RootBytes(t, b) }

// closure queues the closure of a deferred call.
func (c *run) closure(addr uint64) {
	if c.lim.Depth != 0 {
		c.walker.Closure(addr)
	}
}

// stub says why a range of addresses has no bytes in the dump.
func (c *run) stub(addr uint64, size int64, why mock.Reason) {
	c.add(&model.StubObj{Addr: addr, Size: size, Reason: why, Len: -1})
}

// walk follows all that is queued.
func (c *run) walk() error {
	c.walker.Run(c.ctx)
	return c.err
}

// finishValues ends the walk: types that are only named, stubs for what was not
// reached, which name some of them, and what was lost.
func (c *run) finishValues() error {
	c.e.types.Finish()
	for _, l := range c.walker.Finish() {
		c.lose("values", l.Reason, l.Count, l.Detail)
	}
	return c.err
}

func (c *run) valueFigures() []model.Stat {
	f := c.walker.Figures()
	return []model.Stat{
		{Name: "objects", Value: f.Objects}, {Name: "value_bytes", Value: f.Bytes}, {Name: "stubs", Value: f.Stubs},
		{Name: "maps", Value: f.Maps}, {Name: "chans", Value: f.Chans}, {Name: "memory_reads", Value: f.Reads},
	}
}
