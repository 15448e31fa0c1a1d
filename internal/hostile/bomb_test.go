//go:build linux && amd64

package hostile

import (
	"bytes"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/wire"
)

// bomb collects the records of a dump that is small and wants to be large.
type bomb struct {
	t        testing.TB
	meta     *model.Meta
	cause    *model.Cause
	sections []section
	ids      uint32
}

func newBomb(t testing.TB) *bomb {
	b := &bomb{t: t,
		meta:  &model.Meta{Producer: "test", Program: "bomb", GOARCH: "amd64", GOOS: "linux", Depth: 3},
		cause: &model.Cause{Kind: model.CausePanic, Text: "boom", Goroutine: 1, AskFrame: -1},
	}
	return b
}

// raw adds a section as it is.
func (b *bomb) raw(kind wire.Kind, count int, payload []byte) {
	b.sections = append(b.sections, section{kind: kind, count: count, payload: payload})
}

// add adds records, in sections of their own.
func (b *bomb) add(records ...any) {
	b.t.Helper()
	b.sections = append(b.sections, encode(b.t, records...)...)
}

// encode gives the sections of records.
func encode(t testing.TB, records ...any) []section {
	t.Helper()
	var out bytes.Buffer
	w, err := model.NewWriter(&out, model.WriterOptions{Store: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, rec := range append([]any{&model.Meta{}, &model.Cause{}}, records...) {
		if err := w.Add(rec); err != nil {
			t.Fatalf("record %d, a %T: %v", i, rec, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return unseal(t, out.Bytes())[2:]
}

// file gives the dump.
func (b *bomb) file() []byte {
	var out bytes.Buffer
	w, err := model.NewWriter(&out, model.WriterOptions{Store: true})
	for _, rec := range []any{b.meta, b.cause} {
		if err == nil {
			err = w.Add(rec)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	all := append(unseal(b.t, out.Bytes()), b.sections...)
	all = append(all, encode(b.t, &model.Stats{})...)
	return seal(b.t, all, wire.WriterOptions{})
}

func (b *bomb) id() uint32 { b.ids++; return b.ids }

// typ adds a type.
func (b *bomb) typ(t model.Type) model.TypeID {
	t.ID = model.TypeID(b.id())
	b.add(&t)
	return t.ID
}

// crash adds a goroutine whose only frame has the variables.
func (b *bomb) crash(vars ...model.Var) {
	f := &model.Func{ID: model.FuncID(b.id()), Name: "main.main", File: "/main.go", Flags: model.FuncUser}
	loc := &model.Loc{ID: model.LocID(b.id()), PC: 1, Frames: []model.LocFrame{{Func: f.ID, Line: 1, Vars: vars}}}
	s := &model.Stack{ID: model.StackID(b.id()), Frames: []model.StackFrame{{Loc: loc.ID}}}
	b.add(f, loc, s, &model.Goroutine{ID: 1, Stack: s.ID, Flags: model.GoAsked})
}

// words gives machine words as bytes.
func words(w ...uint64) []byte {
	var out []byte
	for _, x := range w {
		for range 8 {
			out, x = append(out, byte(x)), x>>8
		}
	}
	return out
}

func (b *bomb) put(addr uint64, bytes []byte) {
	b.add(&model.Memory{Extents: []model.Extent{{Addr: addr, Bytes: bytes}}})
}

func at(name string, t model.TypeID, addr uint64) model.Var {
	return model.Var{Name: name, Type: t, Place: model.PlaceAbs, Off: int64(addr)}
}

// repeat gives n times what make gives.
func repeat(n int, make func(i int) any) []any {
	var out []any
	for i := range n {
		out = append(out, make(i))
	}
	return out
}

const (
	million = 1 << 20
	most    = 1<<18 - 8 // elements of one record
)

// sessions are the commands that are run on each bomb, each in a process of its own.
var sessions = [][]string{
	{"info"}, {"info", "--json"}, {"verify"}, {"raw"}, {"open"},
	{"open", "-c", "goroutines -t -l"}, {"open", "-c", "goroutines -group stack", "-c", "goroutines -with label x"},
	{"open", "-c", "bt -full -defer -offsets", "-c", "locals -v", "-c", "list"},
	{"open", "-c", "types", "-c", "funcs", "-c", "sources", "-c", "vars -v", "-c", "whatis x"},
}

// TestBombs runs every command on files of a few megabytes at the most that
// were made to take much memory, or long.
func TestBombs(t *testing.T) {
	bombs := maps.Clone(wideBombs)
	maps.Copy(bombs, deepBombs)
	explode(t, bombs, sessions)
}

// explode runs each of the commands on each of the files.
func explode(t *testing.T, bombs map[string]func(b *bomb), sessions [][]string) {
	if race {
		t.Skip("the race detector takes ten times the memory and time that are measured here")
	}
	var worst struct {
		sync.Mutex
		memory int64
		cpu    time.Duration
	}
	t.Run("all", func(t *testing.T) {
		for name, fill := range bombs {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := newBomb(t)
				fill(b)
				path := write(t, b.file())
				for i, args := range sessions {
					if testing.Short() && i > 4 {
						break
					}
					r := command(t, path, args...)
					for tries := 1; r.memory > maxMemory && tries < 3; tries++ { // the collector may have had to wait for a processor
						r.memory = min(r.memory, command(t, path, args...).memory)
					}
					t.Logf("%q %d MB %v status %d %.200s", args, r.memory>>20, r.cpu, r.status, r.errors)
					worst.Lock()
					worst.memory, worst.cpu = max(worst.memory, r.memory), max(worst.cpu, r.cpu)
					worst.Unlock()
					if r.memory > maxMemory || r.cpu > slow() {
						t.Errorf("%q takes %d MB of memory and %v of the processor, may take %d MB and %v",
							args, r.memory>>20, r.cpu, maxMemory>>20, slow())
					}
					if strings.Contains(r.errors, "goroutine 1 [running]") || r.status > 1 {
						t.Errorf("%q: status %d, says %.2000s", args, r.status, r.errors)
					}
				}
			})
		}
	})
	t.Logf("%d bombs: at most %d MB of memory and %v of the processor", len(bombs), worst.memory>>20, worst.cpu)
}

// TestPendingCallsOfAllFrames: as many calls as frames are told in one go.
func TestPendingCallsOfAllFrames(t *testing.T) {
	b := newBomb(t)
	deepBombs["calls deferred by frames"](b)
	start := time.Now()
	d, err := open(b.file())
	if err != nil {
		t.Fatal(err)
	}
	g, _ := d.Asked()
	calls := 0
	for f := range g.Frames() {
		for _, x := range f.Defers() {
			if at, ok := x.Frame(); !ok || at != f {
				t.Fatalf("frame %d has a call that frame %d deferred", f.Index(), at.Index())
			}
			calls++
		}
	}
	if took := time.Since(start); calls != most || took > slow() && !race {
		t.Errorf("%d calls of %d, in %v", calls, most, took)
	}
}
