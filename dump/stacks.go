package dump

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/gopostmortem/postmortem/capture"
	"github.com/gopostmortem/postmortem/capture/text"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Where the program's memory cannot be frozen, the runtime's own traceback of
// all goroutines is what can be had: stacks, states and creators, no values.

// The traceback's text has bounds; it is guessed from the number of goroutines.
const (
	minTraceback = 64 << 10
	maxTraceback = 64 << 20 // about 100,000 goroutines
	perGoroutine = 1 << 10  // what most take
)

// systemGoroutine is in every traceback that has the runtime's own goroutines.
const systemGoroutine = "runtime.forcegchelper"

// clockZero is the zero of the clock of such a dump: it has to lie further
// back than any goroutine has been waiting.
const clockZero = int64(100 * 365 * 24 * time.Hour)

// writeStacks writes the dump without values, whose lack it explains with why.
func (j *job) writeStacks(w io.Writer, why error) error {
	if errors.Is(why, ErrMemory) {
		return why
	}
	meta := j.meta()
	traceback, whole := allStacks()
	trace, err := text.Parse(bytes.NewReader(traceback), text.Limits{Goroutines: int(j.settings.limits.Goroutines)})
	if err != nil {
		return fmt.Errorf("%w; %w", why, err)
	}
	meta.Method, meta.Monotonic = "text", clockZero
	meta.Missing = append(meta.Missing, fmt.Sprintf("values: %v.", why))
	if !bytes.Contains(traceback, []byte(systemGoroutine)) {
		meta.Missing = append(meta.Missing, "the runtime's own goroutines: its traceback leaves them out.")
	}
	var e *capture.Engine
	if !errors.Is(why, errNoRoom) {
		if e, err = engine(); err == nil {
			meta.HasDWARF = e.HasDWARF()
			meta.Missing = append(meta.Missing, e.Missing(meta)...)
		}
	}
	out, err := model.NewWriter(w, model.WriterOptions{Salt: rand.Uint32()})
	if err != nil {
		return fmt.Errorf("%w; %w", why, err)
	}
	s := &stacksDump{j: j, w: out, meta: meta, reason: mock.Unreadable}
	switch {
	case j.settings.limits.Depth == 0:
		s.reason = mock.Disabled
	case e != nil && !meta.HasDWARF:
		s.reason = mock.NoDWARF
	}
	if !whole || trace.Truncated != "" {
		s.losses = append(s.losses, &model.Loss{Area: "goroutines", Reason: mock.ByteLimit, Count: 1, Detail: "the traceback was cut off"})
	}
	if err := s.write(trace); err != nil {
		return fmt.Errorf("%w; %w", why, err)
	}
	return nil
}

// allStacks gives the traceback of all goroutines, and whether it is whole. It
// stops the world, hence two tries at most.
func allStacks() (traceback []byte, whole bool) {
	size := max(minTraceback, min(runtime.NumGoroutine()*perGoroutine, maxTraceback))
	buf := make([]byte, size)
	n := runtime.Stack(buf, true)
	if n == size && size < maxTraceback {
		buf = make([]byte, maxTraceback)
		n = runtime.Stack(buf, true)
	}
	return buf[:n], n < len(buf)
}

// stacksDump is such a dump being written.
type stacksDump struct {
	j      *job
	w      *model.Writer
	meta   *model.Meta
	losses []*model.Loss
	reason mock.Reason // why no frame has variables
	err    error
}

func (s *stacksDump) add(rec any) {
	if s.err == nil {
		s.err = s.w.Add(rec)
	}
}

func (s *stacksDump) write(trace *text.Trace) error {
	cause := s.j.cause()
	prog := text.Program{}
	for i, m := range s.meta.Modules {
		if i == 0 {
			prog.Main = m.Path
		} else {
			prog.Modules = append(prog.Modules, m.Path)
		}
	}
	blame(trace, prog, cause)
	dropOwn(trace, cause.Goroutine)
	r := trace.Records(prog, clockZero)
	s.meta.NumGoroutine = int64(len(r.Goroutines))
	s.add(s.meta)
	s.add(cause)
	for i := range r.Funcs {
		s.add(&r.Funcs[i])
	}
	for i := range r.Locs {
		for k := range r.Locs[i].Frames {
			if f := &r.Locs[i].Frames[k]; f.Reason != mock.Unknown {
				f.Reason = s.reason
			}
		}
		s.add(&r.Locs[i])
	}
	for i := range r.Stacks {
		s.add(&r.Stacks[i])
	}
	for i := range r.Goroutines {
		if g := &r.Goroutines[i]; g.ID == cause.Goroutine {
			g.Flags |= model.GoAsked
		}
		s.add(&r.Goroutines[i])
	}
	for _, r := range s.j.rules() {
		s.add(&r)
	}
	s.sources(r)
	for _, l := range s.losses {
		s.add(l)
	}
	s.add(&model.Stats{Figures: []model.Stat{{Name: "goroutines", Value: int64(len(r.Goroutines))}}})
	if s.err != nil {
		return s.err
	}
	return s.w.Close()
}

// sources adds the text of the files that the stacks are in, but for the
// standard library's.
func (s *stacksDump) sources(r *text.Records) {
	var paths []string
	for _, l := range r.Locs {
		for _, f := range l.Frames {
			if r.Funcs[f.Func-1].Flags&model.FuncStd == 0 {
				paths = append(paths, f.File)
			}
		}
	}
	ctx, cancel := context.WithDeadline(context.Background(), s.j.deadline)
	defer cancel()
	for f := range s.j.collector(s.meta).Files(ctx, paths) {
		rec := &model.SourceFile{Path: f.Path, Found: f.Found, Size: f.Size, State: model.SourceState(f.State), Reason: f.Reason}
		if f.HasText() {
			rec.Hash = f.Hash[:]
		}
		s.add(rec)
		if f.Text != nil {
			s.add(&model.SourceText{Hash: f.Hash[:], Text: f.Text})
		}
	}
}
