package capture

import (
	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
)

// signal tells of a panic that a fault raised which signal it was, and where:
// the runtime notes both in the g. Those of another fault, which the goroutine
// has met in its deferred functions since, are not taken for it.
func (c *run) signal(g *recorded, startSP uint64) (name string, addr uint64) {
	frames := g.trace.Frames
	for i := 0; i+1 < len(frames); i++ {
		f := &frames[i]
		if f.SP < startSP {
			continue
		}
		if !c.isRuntime(g.logicalFrame(g.shape.firstLog[i])) {
			break
		}
		if f.IsSigpanic() && c.metFault(g.info.SigPC, &frames[i+1]) {
			if name := goroutine.SignalName(g.info.Signal, c.r.Meta.GOOS); name != "" {
				return name, g.info.FaultAddr
			}
		}
	}
	return "", 0
}

// metFault reports whether an instruction that met a fault is that of a frame.
// A call of a nil function faults where there is no code: the frame is the caller's.
func (c *run) metFault(pc uint64, f *unwind.Frame) bool {
	_, code := c.e.img.Find(pc)
	return pc == f.PC || !code
}
