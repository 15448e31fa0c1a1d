//go:build linux && amd64

package hostile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/capture"
	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/settle"
)

// corrupted is the memory of a program that has written to where it should not
// have: one word in so many is something else, the same at each look.
type corrupted struct {
	*freeze.Snapshot
	seed, rare uint64
	low        uint64   // there is no damage below
	words      []uint64 // that it puts somewhere else
}

// hash mixes an address and the seed.
func (m *corrupted) hash(addr uint64) uint64 {
	x := (addr ^ m.seed*0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	x ^= x >> 29
	x *= 0x94d049bb133111eb
	return x ^ x>>32
}

func (m *corrupted) damage(p []byte, addr uint64) {
	for at := (addr + 7) &^ 7; len(p) >= 8 && at+8 <= addr+uint64(len(p)); at += 8 {
		if at < m.low || at >= 1<<63 {
			continue
		}
		h := m.hash(at)
		if h%m.rare != 0 {
			continue
		}
		w := p[at-addr:]
		h = m.hash(h)
		old := binary.LittleEndian.Uint64(w)
		other := m.words[h>>16%uint64(len(m.words))]
		values := [...]uint64{0, 1, 1<<64 - 1, 1 << 62, 1 << 40, 1 << 20, at, old + 8, old - 8, old ^ 1<<(h>>8%64), other, other + 8}
		binary.LittleEndian.PutUint64(w, values[h%uint64(len(values))])
	}
}

// ReadMemory implements capture.Memory.
func (m *corrupted) ReadMemory(p []byte, addr uint64) error {
	err := m.Snapshot.ReadMemory(p, addr)
	if err == nil {
		m.damage(p, addr)
	}
	return err
}

// ReadBatch answers many requests at once.
func (m *corrupted) ReadBatch(reqs []freeze.Request) {
	m.Snapshot.ReadBatch(reqs)
	for i := range reqs {
		if reqs[i].Err == nil {
			m.damage(reqs[i].Buf, reqs[i].Addr)
		}
	}
}

// userKey is the key of a value in a context.
type userKey struct{}

// crowd makes goroutines in all states that a capture follows further.
func crowd(t *testing.T) {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	var mu sync.Mutex
	mu.Lock()
	t.Cleanup(mu.Unlock)
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), userKey{}, "Ada"), time.Hour)
	t.Cleanup(cancel)
	for i := range 40 {
		full := make(chan map[string]any, 1)
		full <- map[string]any{"i": i, "ctx": ctx}
		go func(name string, m map[int][]string) {
			defer runtime.KeepAlive(m)
			defer func() { recover() }()
			switch i % 5 {
			case 0:
				mu.Lock()
				defer mu.Unlock()
			case 1:
				select {
				case <-end:
				case <-ctx.Done():
				case full <- nil:
				}
			case 2:
				next, stop := iter.Pull(func(yield func(int) bool) {
					defer runtime.KeepAlive(m)
					for yield(i) {
					}
				})
				defer stop()
				next()
				<-end
			case 3:
				defer func() { <-end }()
				panic(errors.New(name))
			default:
				time.Sleep(time.Hour)
			}
		}(strings.Repeat("x", i), map[int][]string{i: {"a", "b"}})
	}
	settle.In("sync.Mutex.Lock", 8)
	settle.In("select", 8)
	settle.In("coroutine", 8)
	settle.In("chan receive", 16)
	settle.In("sleep", 8)
}

// TestCorruptedMemory captures a program whose memory is corrupted: each dump
// is whole, whatever it says.
func TestCorruptedMemory(t *testing.T) {
	crowd(t)
	newMeter(t)
	e, err := capture.OpenSelf()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	snap, err := freeze.Take(freeze.Options{})
	if err != nil {
		t.Skip(err)
	}
	defer snap.Close()
	sound, err := captured(t, e, snap)
	if err != nil {
		t.Fatal(err)
	}
	words, base := pointers(sound), rand.Uint64()
	runs, none := 500, 0
	if race || testing.Short() {
		runs = 50
	}
	for n := range uint64(runs) {
		m := &corrupted{Snapshot: snap, seed: base + n, rare: 8 << (n % 12), words: words}
		if n/12%2 == 0 {
			m.low = words[0] &^ (1<<40 - 1) // the heap and stacks alone
		}
		if _, err := captured(t, e, m); errors.Is(err, capture.ErrNoGoroutines) {
			none++
		} else if err != nil {
			t.Errorf("seed %d, one word in %d: %v", m.seed, m.rare, err)
		}
	}
	if none == runs {
		t.Error("no goroutine was ever found")
	}
	after, err := captured(t, e, snap)
	if err != nil {
		t.Fatal(err)
	}
	for _, figure := range []string{"goroutines", "frames", "objects"} {
		if got, want := stat(after, figure), stat(sound, figure); got != want {
			t.Errorf("afterwards the sound memory has %d %s, had %d", got, figure, want)
		}
	}
}

// captured makes a dump of memory and verifies it.
func captured(t *testing.T, e *capture.Engine, mem capture.Memory) (*dump.Dump, error) {
	var out bytes.Buffer
	err := e.Capture(&out, &capture.Request{
		Mem: mem, Meta: &model.Meta{GOARCH: "amd64", GoVersion: runtime.Version(), Depth: 3}, Limits: capture.Limits{Depth: 3},
		Cause: &model.Cause{Frame: -1, AskFrame: -1}, Deadline: time.Now().Add(5 * time.Second),
	})
	if err != nil {
		return nil, err
	}
	d, err := dump.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		return nil, err
	}
	return d, d.Verify(t.Context())
}

// pointers gives the addresses that the stacks have.
func pointers(d *dump.Dump) (out []uint64) {
	for g := range d.Goroutines() {
		for f := range g.Frames() {
			out = append(out, f.CFA(), f.PC())
			for _, v := range f.Variables() {
				out = append(out, v.Value().Addr())
			}
		}
	}
	return out
}

func stat(d *dump.Dump, name string) int64 {
	for _, s := range d.Stats() {
		if s.Name == name {
			return s.Value
		}
	}
	return -1
}
