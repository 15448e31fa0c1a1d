// Torn captures itself from a memory in which it has damaged the stack of a
// goroutine, as a stray write would have.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"unsafe"

	"github.com/gopostmortem/postmortem/capture"
	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

var (
	block = make(chan int)
	ready = make(chan bool)
)

//go:noinline
func f0(s string) string { ready <- true; <-block; return s }

//go:noinline
func f1(s string) string { return f0(s+"1") + "x" }

//go:noinline
func f2(s string) string { return f1(s+"2") + "x" }

//go:noinline
func f3(s string) string { return f2(s+"3") + "x" }

//go:noinline
func f4(s string) string { return f3(s+"4") + "x" }

//go:noinline
func f5(s string) string { return f4(s+"5") + "x" }

// memory is a frozen memory with faults.
type memory struct {
	*freeze.Snapshot
	words  map[uint64]uint64 // other values, by address
	absent uint64            // a byte that cannot be read
}

var errTorn = errors.New("torn memory")

func (m *memory) ReadMemory(p []byte, addr uint64) error {
	if m.absent >= addr && m.absent-addr < uint64(len(p)) {
		return errTorn
	}
	err := m.Snapshot.ReadMemory(p, addr)
	for at, w := range m.words {
		if at >= addr && at+8 <= addr+uint64(len(p)) {
			binary.LittleEndian.PutUint64(p[at-addr:], w)
		}
	}
	return err
}

// ReadBatch takes away the snapshot's own, which does not know the faults.
func (m *memory) ReadBatch(reqs []freeze.Request) {
	for i := range reqs {
		reqs[i].Err = m.ReadMemory(reqs[i].Buf, reqs[i].Addr)
	}
}

func write(e *capture.Engine, m capture.Memory) []byte {
	var out bytes.Buffer
	given.Check(e.Capture(&out, &capture.Request{
		Mem: m, Limits: capture.Limits{Depth: 3}, Own: []string{"github.com/gopostmortem/postmortem/capture"},
		Meta:  &model.Meta{GoVersion: runtime.Version(), GOOS: "linux", GOARCH: "amd64", MainPath: "example.com/torn"},
		Cause: &model.Cause{Kind: model.CauseSnapshot, Goroutine: 1, Frame: -1, AskFrame: -1},
	}))
	return out.Bytes()
}

// torn finds f4's frame in a sound dump: where its return address lies.
func torn(b []byte) uint64 {
	d, err := dump.NewReader(bytes.NewReader(b), int64(len(b)))
	given.Check(err)
	for g := range d.Goroutines() {
		for f := range g.Frames() {
			if f.Function().Name() == "main.f4" {
				return f.CFA() - 8
			}
		}
	}
	panic("f4 is not in the dump")
}

func main() {
	what := given.Argument()
	label := strings.Clone("a label")
	pprof.Do(context.Background(), pprof.Labels(label, "a value"), func(context.Context) {
		go f5("5")
	})
	<-ready
	e, err := capture.OpenSelf()
	given.Check(err)
	snap, err := freeze.Take(freeze.Options{})
	given.Check(err)
	m := &memory{Snapshot: snap, words: map[uint64]uint64{}}
	address := torn(write(e, m))
	switch what {
	case "return":
		m.words[address] = 0x10
	case "both":
		m.words[address] = 0x10
		m.absent = uint64(uintptr(unsafe.Pointer(unsafe.StringData(label))))
	case "frame":
		m.words[address-8] = 0x10
	}
	file := given.Output()
	given.Check(os.WriteFile(file, write(e, m), 0o600))
	given.Check(snap.Close())
}
