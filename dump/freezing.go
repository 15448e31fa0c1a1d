package dump

import (
	"io"
	"runtime"
	"strconv"
	"sync"
	"time"
	"unsafe"

	"github.com/gopostmortem/postmortem/capture"
	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/process"
)

// own are the packages whose frames and goroutines belong to the capture.
var own = []string{
	"github.com/gopostmortem/postmortem/dump",
	"github.com/gopostmortem/postmortem/capture",
	"github.com/gopostmortem/postmortem/internal",
	"github.com/gopostmortem/postmortem/mock",
	"github.com/gopostmortem/postmortem/source",
}

// self is the engine for this program: what it learns is kept.
var self struct {
	sync.Mutex
	engine *capture.Engine
}

// engine gives the engine. A failure is not kept: it may have been a lack of
// memory or descriptors.
func engine() (*capture.Engine, error) {
	self.Lock()
	defer self.Unlock()
	if self.engine == nil {
		e, err := capture.OpenSelf()
		if err != nil {
			return nil, err
		}
		self.engine = e
	}
	return self.engine, nil
}

// write freezes the program and writes the dump to w, with values.
func (j *job) write(w io.Writer) error {
	e, err := engine()
	if err != nil {
		return err
	}
	meta := j.meta()
	snap, err := freeze.Take(freeze.Options{CustomProcs: func() (custom, known bool) { return e.CustomProcs(ownMemory{}) }})
	if err != nil {
		return err
	}
	defer snap.Close()
	meta.Method = snap.Method()
	r := &capture.Request{
		Mem: snap, Meta: meta, Cause: j.cause(), Limits: j.settings.limits, Deadline: j.deadline, Own: own,
		Source:   j.collector(meta),
		Contexts: j.contexts,
		Stats:    []model.Stat{{Name: "freeze_ns", Value: int64(snap.FreezeTime())}},
	}
	r.Cause.Addr = j.causeAddr()
	if err := e.Capture(w, r); err != nil {
		return err
	}
	return snap.Close()
}

// saveContexts looks for the registers of the fault that the cause may be
// about, before another signal overwrites them. Another goroutine does the work,
// so that the stack which the registers point into does not have to grow.
func (j *job) saveContexts() {
	if _, ok := (*j.held).(runtime.Error); !ok {
		return
	}
	freeze.Quietly(func(thread int64) {
		found := make(chan []capture.SignalContext, 1)
		go func() {
			defer close(found)
			if e, err := engine(); err == nil {
				found <- e.SignalContexts(freeze.Self(), thread)
			}
		}()
		give := time.NewTimer(j.settings.timeout)
		defer give.Stop()
		select {
		case j.contexts = <-found:
		case <-give.C:
		}
	})
}

// ownMemory reads the running program's memory, at addresses that are known to be there.
type ownMemory struct{}

// ReadMemory implements capture.Memory.
func (ownMemory) ReadMemory(p []byte, addr uint64) error {
	at := uintptr(addr)
	copy(p, unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), len(p))) // not an address that the collector knows
	return nil
}

// cause says why there is a dump; the engine adds to it what it finds.
func (j *job) cause() *model.Cause {
	return &model.Cause{
		Kind: j.kind, Name: j.name, Goroutine: j.asker, Frame: -1, AskFrame: -1,
		Text: j.text.text, TextError: j.text.problem, TypeName: j.text.typeName,
	}
}

// meta describes the program and the capture.
func (j *job) meta() *model.Meta {
	s := j.settings
	m := process.Describe(s.env, s.args)
	m.Labels = s.labels
	m.Depth = int64(s.limits.Depth)
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	m.Options = []model.KV{
		{Key: "depth", Value: number(int64(s.limits.Depth))},
		{Key: "max-bytes", Value: number(s.limits.Bytes)},
		{Key: "max-objects", Value: number(s.limits.Objects)},
		{Key: "max-elements", Value: number(s.limits.Elements)},
		{Key: "max-string", Value: number(s.limits.String)},
		{Key: "max-goroutines", Value: number(s.limits.Goroutines)},
		{Key: "max-frames", Value: number(s.limits.Frames)},
		{Key: "timeout", Value: s.timeout.String()},
		{Key: "source", Value: strconv.FormatBool(s.source)},
		{Key: "args", Value: strconv.FormatBool(s.args)},
	}
	return m
}
