package text

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
)

// maxLine is the number of bytes of a line that are looked at.
const maxLine = 16 << 10

// ErrNoTraceback says that a text has no goroutine in it.
var ErrNoTraceback = errors.New("text: no traceback")

// Parser takes one traceback after the other out of a text.
type Parser struct {
	r      *bufio.Reader
	limits Limits
	before []string // lines before a goroutine's header, the last ones
	again  *string  // a line that belongs to the next traceback
	intern map[string]string
}

// NewParser returns a parser of the text in r.
func NewParser(r io.Reader, limits Limits) *Parser {
	return &Parser{r: bufio.NewReaderSize(r, 64<<10), limits: limits.withDefaults(), intern: map[string]string{}}
}

// Parse returns the first traceback in r.
func Parse(r io.Reader, limits Limits) (*Trace, error) { return NewParser(r, limits).Next() }

// Next returns the next traceback. Its error is [ErrNoTraceback] when there is
// none left, or what reading gave; then the traceback is what came before, if
// that is anything.
func (p *Parser) Next() (*Trace, error) {
	s := &scan{p: p, t: &Trace{}, seen: map[model.GoID]bool{}}
	for {
		line, err := p.line()
		if err != nil {
			s.end()
			if len(s.t.Goroutines) == 0 {
				if err == io.EOF {
					err = ErrNoTraceback
				}
				return nil, err
			}
			if err == io.EOF {
				err = nil
			}
			return s.t, err
		}
		if !s.line(line) {
			p.again = &line
			s.end()
			return s.t, nil
		}
	}
}

// line reads the next line, without its end, cut if it is very long.
func (p *Parser) line() (string, error) {
	if p.again != nil {
		line := *p.again
		p.again = nil
		return line, nil
	}
	var b []byte
	for {
		part, err := p.r.ReadSlice('\n')
		b = append(b, part[:min(len(part), maxLine-len(b))]...)
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil && len(part) == 0 && len(b) == 0 {
			return "", err
		}
		return strings.TrimRight(string(b), "\r\n"), nil
	}
}

// remember keeps a line that may turn out to give the reason of a traceback.
func (p *Parser) remember(line string) {
	if len(p.before) == causeMemory {
		copy(p.before, p.before[1:])
		p.before = p.before[:causeMemory-1]
	}
	p.before = append(p.before, strings.Clone(line))
}

// name keeps one copy of equal strings.
func (p *Parser) name(s string) string {
	if kept, ok := p.intern[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	p.intern[s] = s
	return s
}

// scan is the state while one traceback is read.
type scan struct {
	p        *Parser
	t        *Trace
	prefix   prefix
	seen     map[model.GoID]bool
	cur      *Goroutine // nil between goroutines
	call     *Frame     // first line of a frame, its second still to come
	creator  bool       // call is the creator's
	prefixed bool       // a line of cur had the prefix
	panicked bool       // a line since the last goroutine looks like a panic's
	fatal    bool       // or like a fatal error's
	frames   int
	ignored  int64 // lines since the last that was understood
}

// line takes one line, and reports whether it belongs to this traceback or to none.
func (s *scan) line(line string) bool {
	if before, g, ok := findHeader(line); ok {
		return s.header(line, before, g)
	}
	if len(s.t.Goroutines) == 0 && s.cur == nil {
		s.p.remember(line)
		return true
	}
	content, ok := s.prefix.strip(line)
	trimmed := strings.TrimSpace(content)
	if ok && s.call == nil {
		s.panicked = s.panicked || strings.HasPrefix(trimmed, "panic: ")
		s.fatal = s.fatal || strings.HasPrefix(trimmed, "fatal error: ")
	}
	if ok && s.take(trimmed) {
		s.prefixed = true
		s.understood()
		return true
	}
	// A logger may have put its prefix before the first line only.
	if !ok && !s.prefixed && s.take(strings.TrimSpace(line)) {
		s.understood()
		return true
	}
	if !ok || trimmed != "" {
		s.ignored++
	}
	s.p.remember(line)
	return true
}

// understood counts the lines that were skipped on the way to this one.
func (s *scan) understood() {
	s.t.Ignored += s.ignored
	s.ignored = 0
}

// header begins a goroutine.
func (s *scan) header(line, before string, g Goroutine) bool {
	if s.seen[g.ID] || s.fatal || s.panicked && g.State == "running" {
		return false // another traceback
	}
	s.end()
	if len(s.seen) == 0 {
		s.prefix = newPrefix(before)
		s.t.findCause(s.p.before, s.prefix)
	} else if _, ok := s.prefix.strip(line); !ok {
		s.prefix = newPrefix(before)
	}
	s.understood()
	s.p.before = s.p.before[:0]
	s.panicked = false
	if len(s.t.Goroutines) >= s.p.limits.Goroutines {
		s.t.Truncated = "too many goroutines"
		return true
	}
	s.seen[g.ID] = true
	if g.ID == 0 { // a thread's own stack
		return true
	}
	g.State = s.p.name(g.State)
	s.cur, s.prefixed = &g, false
	return true
}

// end finishes the goroutine being read.
func (s *scan) end() {
	if s.cur != nil {
		s.t.Goroutines = append(s.t.Goroutines, *s.cur)
	}
	s.cur, s.call, s.creator = nil, nil, false
}

// take interprets a line of a goroutine.
func (s *scan) take(line string) bool {
	if s.cur == nil {
		return false
	}
	if s.call != nil && s.call.parsePosition(line) {
		s.frame()
		return true
	}
	if s.cur.Creator.Func != "" || line == "" {
		return false
	}
	if name, parent, ok := parseCreator(line); ok {
		s.call, s.creator = &Frame{Func: name}, true
		s.cur.Parent = parent
		return true
	}
	if f, ok := parseCall(line); ok && !s.creator {
		s.call = &f
		return true
	}
	if n, ok := parseElided(line); ok {
		s.elided(n)
		return true
	}
	switch {
	case strings.HasPrefix(line, "goroutine running on other thread; stack unavailable"):
		s.cur.Error = "running on another thread: the stack was not available"
	case strings.HasPrefix(line, "[originating from goroutine "), line == "runtime stack:":
		s.end()
	default:
		return false
	}
	return true
}

// frame files the frame that is now complete.
func (s *scan) frame() {
	f := s.call
	s.call = nil
	if s.frames >= s.p.limits.Frames {
		s.t.Truncated, s.cur.Cut, s.creator = "too many frames", true, false
		return
	}
	s.frames++
	f.Func, f.File = s.p.name(f.Func), s.p.name(f.File)
	if s.creator {
		s.cur.Creator, s.creator = *f, false
		return
	}
	s.cur.Frames = append(s.cur.Frames, *f)
}

// elided notes frames that the runtime left out.
func (s *scan) elided(n int64) {
	if n < 0 {
		s.cur.Cut = true
		return
	}
	s.cur.Elided, s.cur.ElidedAt = n, len(s.cur.Frames)
}
