package unwind

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/capture/internal/image"
)

// A stack cut at a limit keeps the crash end and the root. B2.15
func TestKeeperKeepsBothEnds(t *testing.T) {
	for _, c := range []struct{ frames, limit, elidedAt, elided int }{
		{10, 100, 0, 0}, {100, 100, 0, 0}, {101, 100, 50, 1}, {10000, 100, 50, 9900}, {7, 3, 2, 4},
	} {
		k := keeper{head: c.limit - c.limit/2, tail: c.limit / 2}
		for i := range c.frames {
			k.add(Frame{PC: uint64(i)})
		}
		cut := errors.New("cut")
		got := k.trace(cut)
		if got.Elided != c.elided || got.ElidedAt != c.elidedAt || got.Err != cut {
			t.Errorf("%d frames, limit %d: %d elided at %d, want %d at %d", c.frames, c.limit, got.Elided, got.ElidedAt, c.elided, c.elidedAt)
		}
		if len(got.Frames) != c.frames-c.elided {
			t.Fatalf("%d frames, limit %d: %d kept", c.frames, c.limit, len(got.Frames))
		}
		for i, f := range got.Frames {
			want := uint64(i)
			if c.elided > 0 && i >= c.elidedAt {
				want += uint64(c.elided)
			}
			if f.PC != want {
				t.Errorf("%d frames, limit %d: kept frame %d is number %d, want %d", c.frames, c.limit, i, f.PC, want)
			}
		}
	}
}

func TestStackSlice(t *testing.T) {
	s := Stack{Base: 0x1000, Bytes: make([]byte, 16)}
	s.Bytes[8] = 7
	for _, c := range []struct {
		addr uint64
		n    int64
		ok   bool
	}{{0x1000, 16, true}, {0x1008, 8, true}, {0x1009, 8, false}, {0xfff, 1, false}, {0x1010, 0, true}, {0x1011, 0, false}, {0x1000, -1, false}, {^uint64(0), 8, false}} {
		if _, ok := s.Slice(c.addr, c.n); ok != c.ok {
			t.Errorf("Slice(%#x, %d) ok = %v, want %v", c.addr, c.n, ok, c.ok)
		}
	}
	if w, ok := s.Word(0x1008); !ok || w != 7 {
		t.Errorf("Word = %d, %v; want 7", w, ok)
	}
}

// build makes a program for Linux on a processor.
func build(t *testing.T, arch string) *image.Image {
	t.Helper()
	dir := t.TempDir()
	src, exe := filepath.Join(dir, "main.go"), filepath.Join(dir, "prog")
	if err := os.WriteFile(src, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", exe, src)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	img, err := image.OpenAny(exe, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { img.Close() })
	return img
}

// What is read of the vector registers of a preempted goroutine is there.
func TestXRegsSize(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		img := build(t, arch)
		s, err := img.RuntimeStruct("runtime.xRegState")
		if err != nil && strings.HasPrefix(img.GoVersion(), "go1.25") {
			continue // they are on the stack
		}
		if err != nil || s.Size < uint64(ArchOf(img).XRegsSize()) {
			t.Errorf("%s: %d bytes of %+v, %v", arch, ArchOf(img).XRegsSize(), s, err)
		}
	}
}

// A damaged stack whose return addresses lead into a function without a frame
// is no stack without end, where calls leave the return address in a register.
func TestWalkEnds(t *testing.T) {
	img := build(t, "arm64")
	leaf, ok := img.Named("runtime.memequal")
	if size, known := leaf.SPDelta(leaf.Entry + 4); !ok || !known || size != 0 {
		t.Fatalf("%v has a frame of %d bytes, %v", leaf, size, known)
	}
	const base = 0x4000
	s := Stack{Base: base, Bytes: binary.LittleEndian.AppendUint64(nil, leaf.Entry+8)}
	done := make(chan Trace, 1)
	go func() {
		done <- Walk(img, s, Regs{PC: leaf.Entry + 4, SP: base, Link: leaf.Entry + 8}, 10, nil, NewCache())
	}()
	select {
	case got := <-done:
		if len(got.Frames) != 2 || got.Err == nil {
			t.Errorf("%d frames, %v", len(got.Frames), got.Err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the walk does not end")
	}
}
