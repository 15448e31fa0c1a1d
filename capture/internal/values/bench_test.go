//go:build linux && amd64

package values

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
)

// self is the test's own memory, read from outside as a frozen program's is.
func self(b testing.TB) (*holder, *types.Types) {
	h := &holder{pid: os.Getpid(), version: runtime.Version()}
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	if h.img, err = image.Open(exe, 0); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { h.img.Close() })
	if h.mod, err = h.img.Module(h); err != nil {
		b.Fatal(err)
	}
	return h, h.types("descriptors")
}

type small struct {
	a, b int
	name string
	next *small
}

// BenchmarkObjects walks graphs of small objects. It reports objects a second.
func BenchmarkObjects(b *testing.B) {
	const n = 1 << 20
	wide := make([]*small, n)
	for i := range wide {
		wide[i] = &small{a: i, name: "x"}
	}
	var list *small
	for i := range n / 8 {
		list = &small{i, i, "y", list}
	}
	m := map[string]*small{}
	for i := range n / 8 {
		m[fmt.Sprint(i)] = wide[i]
	}
	many := make([]map[int]int, n/8)
	for i := range many {
		many[i] = map[int]int{i: i}
	}
	boxes := make([]any, n)
	for i := range boxes {
		boxes[i] = i
	}
	benchWalk(b, "wide", &wide)
	benchWalk(b, "list", &list)
	benchWalk(b, "map", &m)
	benchWalk(b, "maps", &many)
	benchWalk(b, "boxes", &boxes)
}

func benchWalk[T any](b *testing.B, name string, root *T) {
	b.Run(name, func(b *testing.B) {
		h, ts := self(b)
		var zero any = (*T)(nil)
		rtype := *(*uint64)(unsafe.Add(*(*unsafe.Pointer)(unsafe.Pointer(&zero)), 48))
		objects, reads := int64(0), int64(0)
		for b.Loop() {
			ts.Begin(h, func(*model.Type) {})
			t, err := ts.FromRType(rtype)
			if err != nil {
				b.Fatal(err)
			}
			w := New(Config{Types: ts, Mem: h, Limits: Limits{Depth: -1, Bytes: 1 << 30, Objects: 1 << 30, Elements: 1 << 30}, Emit: func(any) {}, Func: func(uint64) model.FuncID { return 1 }, Code: func(uint64) bool { return false }})
			w.Root(t, uint64(uintptr(unsafe.Pointer(root))), false)
			w.Run(context.Background())
			w.Finish()
			objects, reads = objects+w.Figures().Objects, reads+w.Figures().Reads
		}
		b.ReportMetric(float64(objects)/b.Elapsed().Seconds(), "objects/s")
		b.ReportMetric(float64(objects)/float64(reads), "objects/read")
		b.ReportMetric(float64(objects)/float64(b.N), "objects")
	})
	runtime.KeepAlive(root)
}
