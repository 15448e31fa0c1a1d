//go:build !linux

package capture

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"unsafe"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/plan"
)

// OpenSelf prepares an engine for the running program. Debug information that
// was split off is looked for in debugDirs too.
func OpenSelf(debugDirs ...string) (*Engine, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	f := anchor
	pc := **(**uintptr)(unsafe.Pointer(&f))
	img, err := image.OpenRunning(exe, runtime.FuncForPC(pc).Name(), uint64(pc), sameMemory)
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	img.DebugDirs = debugDirs
	return &Engine{img: img, plans: plan.New(img)}, nil
}

// anchor is a function that lies at one place in the file and at another in memory.
//
//go:noinline
func anchor() {}

// sameMemory compares this program's memory; what is not mapped is not the same.
func sameMemory(addr uint64, want []byte) (same bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	s := struct{ data, len, cap uint64 }{addr, uint64(len(want)), uint64(len(want))}
	return bytes.Equal(*(*[]byte)(unsafe.Pointer(&s)), want)
}
