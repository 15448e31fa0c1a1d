package dump

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

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

// EnvDebugDir names the environment variable with the directories, separated as
// in $PATH, in which debug information that was split off the program is looked
// for, besides the usual places: /usr/lib/debug by build ID, and beside the
// program by the name in its .gnu_debuglink. What has another build ID is not used.
const EnvDebugDir = "POSTMORTEM_DEBUG_DIR"

// self is the engine for this program: what it learns is kept.
var self struct {
	sync.Mutex
	engine *capture.Engine
}

// engine gives the engine. A failure is not kept: it may have been a lack of
// memory or descriptors, or a file that was just being replaced.
func engine() (*capture.Engine, error) {
	self.Lock()
	defer self.Unlock()
	if self.engine != nil && self.engine.Failed() {
		_ = self.engine.Close() // another one does not depend on it
		self.engine = nil
	}
	if self.engine == nil {
		e, err := capture.OpenSelf(filepath.SplitList(os.Getenv(EnvDebugDir))...)
		if err != nil {
			return nil, err
		}
		self.engine = e
	}
	return self.engine, nil
}

// write freezes the program and writes the dump to w, with values.
func (j *job) write(w io.Writer) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = internalError(x)
		}
	}()
	if err := enough(); err != nil {
		return err
	}
	e, err := engine()
	if err != nil {
		return err
	}
	meta := j.meta()
	var inC []capture.StoppedThread
	if runtime.NumCgoCall() > 0 {
		inC = stoppedThreads()
	}
	meta.Time, meta.Monotonic = process.Now()
	snap, release, err := takeSnapshot(j.freezing(e, meta), j.deadline.Add(patience))
	if err != nil {
		return err
	}
	defer release()
	cycles := process.Cycles() // the capture's own work makes the collector run, too
	process.SetCycles(meta, cycles)
	meta.Method = snap.Method()
	for _, lack := range snap.Lacks() {
		meta.Missing = append(meta.Missing, lack+".")
	}
	r := &capture.Request{
		Mem: snap, Meta: meta, Cause: j.cause(), Limits: j.settings.limits, Deadline: j.deadline, Own: own,
		Source:   j.collector(meta),
		Contexts: j.contexts, Collected: cycles != j.cycles,
		Stopped: stillStopped(inC),
		Rules:   j.rules(),
		Stats:   []model.Stat{{Name: "freeze_ns", Value: int64(snap.FreezeTime())}},
	}
	r.Cause.Addr = j.causeAddr()
	if err := e.Capture(w, r); err != nil {
		return err
	}
	return release()
}

// freezing says how to freeze the program. It runs here, where a panic is caught.
func (j *job) freezing(e *capture.Engine, meta *model.Meta) freeze.Options {
	custom, known := e.CustomProcs(freeze.Self())
	if !known { // its memory cannot be read through the kernel
		if r, err := e.Runtime(); err == nil {
			custom, known = e.CustomProcs(r)
		}
	}
	return freeze.Options{
		CustomProcs: func() (bool, bool) { return custom, known },
		Runtime:     e.Runtime, First: uint64(j.asker), MaxCopy: process.Spare(meta) / 2,
		Depth: j.settings.limits.Depth, Elements: j.settings.limits.Elements,
		Deadline: j.deadline.Add(patience),
	}
}

// saveContexts looks for the registers of the fault that the cause may be
// about, before another signal overwrites them. Another goroutine does the work,
// so that the stack which the registers point into does not have to grow. It
// is called in turn: the engine is free.
func (j *job) saveContexts() {
	if enough() != nil {
		return
	}
	freeze.Quietly(func(thread int64) {
		found, cycles := make(chan []capture.SignalContext, 1), make(chan int64, 1)
		go func() {
			defer close(found)
			_ = helping(func() error { // they make a dump richer; it does not depend on them
				cycles <- process.Cycles()
				e, err := engine()
				if err == nil {
					found <- e.SignalContexts(freeze.Self(), thread)
				}
				return err
			})
		}()
		give := time.NewTimer(time.Until(j.deadline))
		defer give.Stop()
		select {
		case j.contexts = <-found:
		case <-give.C:
		}
		select {
		case j.cycles = <-cycles:
		default:
		}
	})
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
