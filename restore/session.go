package restore

import (
	"go/constant"
	"sync"

	"github.com/gopostmortem/postmortem/dump"
)

// Session looks at one dump. It has a current goroutine and frame, as a
// debugger has. It is for one user at a time.
type Session struct {
	d     *dump.Dump
	g     dump.Goroutine
	frame int

	named    map[string]dump.Type // by full name, those that were asked for
	globals  *globalNames         // nil until they are needed
	channels map[uint64]*channel  // by address, those that goroutines wait for
	standing int                  // goroutines in their queues

	names sync.Once
	types map[string]dump.Type       // by name with the directories of paths left out
	vars  map[string][]dump.Variable // package variables, by both forms of their names

	consts map[string]constant.Value // by both forms of their names, nil until they are needed

	parsed      map[string]*assignments // by source file
	parsedBytes int
	sourceBytes int64   // decompressed to parse them
	trees       []*tree // the last ones
	assignments int     // in parsed
	flows       map[flowKey]*flow
	steps       int // that were done for flows

	rules *ruleBook  // nil until they are needed
	locks *lockTable // nil until it is needed
}

// NewSession begins at the culprit, see [dump.Cause.Frame].
func NewSession(d *dump.Dump) *Session {
	s := &Session{d: d}
	if f, ok := d.Cause().Frame(); ok {
		s.g, s.frame = f.Goroutine(), f.Index()
		return s
	}
	if g, ok := d.Asked(); ok {
		s.g = g
		return s
	}
	for g := range d.Goroutines() {
		s.g = g
		break
	}
	return s
}

// Dump is what the session looks at.
func (s *Session) Dump() *dump.Dump { return s.d }

// Goroutine is the current goroutine; false in a dump without any.
func (s *Session) Goroutine() (dump.Goroutine, bool) { return s.g, s.g.Valid() }

// Frame is the current frame; false where the goroutine has none.
func (s *Session) Frame() (dump.Frame, bool) { return s.g.Frame(s.frame) }

// FrameIndex is the number of the current frame.
func (s *Session) FrameIndex() int { return s.frame }

// SelectGoroutine makes another goroutine the current one, at its innermost
// frame, or at the culprit's if it is the one that crashed.
func (s *Session) SelectGoroutine(id dump.GoID) error {
	g, ok := s.d.Goroutine(id)
	if !ok {
		return s.noGoroutine(id)
	}
	s.g, s.frame = g, s.entry(g)
	return nil
}

// entry is the frame at which a look at a goroutine begins.
func (s *Session) entry(g dump.Goroutine) int {
	if f, ok := s.d.Cause().Frame(); ok && f.Goroutine() == g {
		return f.Index()
	}
	return 0
}

// SelectFrame makes another frame of the current goroutine the current one.
func (s *Session) SelectFrame(i int) error {
	if _, ok := s.g.Frame(i); !ok {
		return noFrame(s.g, i)
	}
	s.frame = i
	return nil
}

// Up goes n frames towards the root of the stack; below zero, towards its end.
func (s *Session) Up(n int) error { return s.SelectFrame(s.frame + n) }

// Down goes n frames towards the innermost one.
func (s *Session) Down(n int) error { return s.SelectFrame(s.frame - n) }

func noFrame(g dump.Goroutine, i int) error {
	switch n := g.NumFrames(); {
	case !g.Valid():
		return fail(ErrRange, "no goroutine is selected")
	case n == 0:
		return fail(ErrRange, "goroutine %d has no frames in the dump", g.ID())
	default:
		return fail(ErrRange, "invalid frame %d: goroutine %d has frames 0 to %d", i, g.ID(), n-1)
	}
}

// Scope is the view from the current frame.
func (s *Session) Scope() Scope {
	f, ok := s.Frame()
	return Scope{s: s, g: s.g, f: f, framed: ok}
}

// ScopeAt is the view from any frame. It leaves the current one what it is.
func (s *Session) ScopeAt(id dump.GoID, frame int) (Scope, error) {
	g, ok := s.d.Goroutine(id)
	if !ok {
		return Scope{}, s.noGoroutine(id)
	}
	f, ok := g.Frame(frame)
	if !ok {
		return Scope{}, noFrame(g, frame)
	}
	return Scope{s: s, g: g, f: f, framed: true}, nil
}

// EntryFrame is the number of the frame at which a look at a goroutine
// begins: the culprit's in the one that crashed, else the innermost.
func (s *Session) EntryFrame(id dump.GoID) int {
	g, ok := s.d.Goroutine(id)
	if !ok {
		return 0
	}
	return s.entry(g)
}

// Only is the view of a goroutine without frames: it sees package variables.
func (s *Session) Only(g dump.Goroutine) Scope { return Scope{s: s, g: g} }
