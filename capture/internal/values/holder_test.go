//go:build linux && amd64

package values

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/types"
)

// held is a variable of the fixture program and what the program says of it.
type held struct {
	Name  string
	Addr  uint64
	RType uint64
	Want  string
}

// holder is the fixture program, which waits while its memory is read.
type holder struct {
	pid     int
	img     *image.Image
	mod     image.Module
	version string
	values  []held
}

func (h *holder) ReadMemory(p []byte, addr uint64) error {
	if len(p) == 0 {
		return nil
	}
	local := []unix.Iovec{{Base: &p[0], Len: uint64(len(p))}}
	n, err := unix.ProcessVMReadv(h.pid, local, []unix.RemoteIovec{{Base: uintptr(addr), Len: len(p)}}, 0)
	if err == nil && n != len(p) {
		err = fmt.Errorf("%d of %d bytes at %#x", n, len(p), addr)
	}
	return err
}

// ReadBatch reads many ranges with one call as long as all are mapped.
func (h *holder) ReadBatch(addrs []uint64, bufs [][]byte, errs []error) {
	var local []unix.Iovec
	var remote []unix.RemoteIovec
	total := 0
	for i, b := range bufs {
		local = append(local, unix.Iovec{Base: &b[0], Len: uint64(len(b))})
		remote = append(remote, unix.RemoteIovec{Base: uintptr(addrs[i]), Len: len(b)})
		total += len(b)
	}
	if n, err := unix.ProcessVMReadv(h.pid, local, remote, 0); err == nil && n == total {
		return
	}
	for i, b := range bufs {
		errs[i] = h.ReadMemory(b, addrs[i])
	}
}

// plainMemory hides ReadBatch.
type plainMemory struct{ h *holder }

func (m plainMemory) ReadMemory(p []byte, addr uint64) error { return m.h.ReadMemory(p, addr) }

// plainImage hides the index of descriptors.
type plainImage struct {
	types.Image
	types.Subprograms
}

// programs are built once for all tests: by toolchain and experiment.
var programs sync.Map

type built struct {
	once sync.Once
	path string
	err  error
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "holder")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	buildDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var buildDir string

func build(t testing.TB, toolchain, experiment string, flags ...string) string {
	t.Helper()
	key := strings.Join(append([]string{"holder", toolchain, experiment}, flags...), "_")
	x, _ := programs.LoadOrStore(key, new(built))
	b := x.(*built)
	b.once.Do(func() {
		b.path = filepath.Join(buildDir, key)
		cmd := exec.Command("go", append(append([]string{"build", "-o", b.path}, flags...), ".")...)
		cmd.Dir = "testdata/holder"
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0", "GOEXPERIMENT="+experiment)
		if toolchain != "" {
			cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+toolchain)
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			b.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if b.err != nil {
		if toolchain != "" && os.Getenv("CI") != "true" {
			t.Skipf("toolchain %s is not at hand: %v", toolchain, b.err)
		}
		t.Fatal(b.err)
	}
	return b.path
}

// start runs the fixture and reads what it holds.
func start(t testing.TB, exe, toolchain string) *holder {
	t.Helper()
	cmd := exec.Command(exe)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	h := &holder{pid: cmd.Process.Pid, version: toolchain}
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		if len(line) == 1 {
			break
		}
		var v held
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		h.values = append(h.values, v)
	}
	if toolchain == "" {
		v, err := exec.Command("go", "env", "GOVERSION").Output()
		if err != nil {
			t.Fatal(err)
		}
		h.version = strings.TrimSpace(string(v))
	}
	h.open(t, exe)
	return h
}

func (h *holder) open(t testing.TB, exe string) {
	var err error
	if h.img, err = image.Open(exe, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.img.Close() })
	if h.mod, err = h.img.Module(h); err != nil {
		t.Fatal(err)
	}
}

// types makes an index of the fixture's types; how says from what.
func (h *holder) types(how string) *types.Types {
	c := types.Config{GoVersion: h.version, Module: types.Module{Types: h.mod.Types, ETypes: h.mod.ETypes}}
	switch how {
	case "descriptors":
	case "DWARF":
		c.Image = plainImage{h.img, h.img}
	case "DWARF index":
		c.Image = h.img
	}
	return types.New(c)
}

// walk captures variables and gives the dump.
func (h *holder) walk(t testing.TB, ts *types.Types, mem Memory, lim Limits, names ...string) *dumped {
	t.Helper()
	d := newDumped(t)
	ts.Begin(mem, d.typ)
	w := New(Config{Types: ts, Mem: mem, Limits: lim, Emit: d.add, Func: d.fn(h.img), Code: h.img.Code})
	for _, v := range h.values {
		if len(names) == 0 || contains(names, v.Name) {
			typ, err := ts.FromRType(v.RType)
			if err != nil {
				t.Fatalf("%s: %v", v.Name, err)
			}
			w.Root(typ, v.Addr, false)
			d.roots[v.Name] = typ.ID()
		}
	}
	w.Run(t.Context())
	d.losses = w.Finish()
	ts.Finish()
	d.figures = w.Figures()
	d.check()
	return d
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (h *holder) value(t testing.TB, name string) held {
	t.Helper()
	for _, v := range h.values {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("the fixture has no %q", name)
	return held{}
}
