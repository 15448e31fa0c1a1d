package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/plan"
)

// OpenSelf prepares an engine for the running program. Debug information that
// was split off is looked for in debugDirs too.
func OpenSelf(debugDirs ...string) (*Engine, error) {
	e, err := openSelf()
	if err != nil {
		return nil, err
	}
	e.img.DebugDirs, e.mapped = debugDirs, mappedAt
	return e, nil
}

// openSelf opens the file whose runtime it is that runs: the executable, or a
// library that a program in another language has loaded. A plugin has a runtime
// too, but refers to the executable's variables.
func openSelf() (*Engine, error) {
	const exe = "/proc/self/exe"
	m, err := mappedAt(uint64(uintptr(unsafe.Pointer(&runtime.MemProfileRate))))
	if path, linkErr := os.Readlink(exe); err == nil && linkErr == nil && m.path != path {
		img, err := image.OpenMapped(m.path, m.lo, m.hi, m.off, freeze.Self())
		if err != nil {
			return nil, fmt.Errorf("capture: %w", err)
		}
		return &Engine{img: img, plans: plan.New(img)}, nil
	}
	bias, err := selfBias(exe)
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	return Open(exe, bias)
}

// mappedAt finds the file that lies at an address of this process.
func mappedAt(addr uint64) (mapping, error) {
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return mapping{}, err
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line) // lo-hi permissions offset device inode path
		if len(f) < 6 {
			continue
		}
		lo, hi, _ := strings.Cut(f[0], "-")
		var m mapping
		var errs [3]error
		m.lo, errs[0] = strconv.ParseUint(lo, 16, 64)
		m.hi, errs[1] = strconv.ParseUint(hi, 16, 64)
		m.off, errs[2] = strconv.ParseUint(f[2], 16, 64)
		slash := strings.IndexByte(line, '/')
		if addr >= m.lo && addr < m.hi && slash > 0 && errors.Join(errs[:]...) == nil {
			m.path = strings.TrimSuffix(line[slash:], "\n")
			return m, nil
		}
	}
	return mapping{}, fmt.Errorf("no file lies at %#x", addr)
}

// selfBias is the distance between the entry point the kernel jumped to and the
// one in the file.
func selfBias(exe string) (uint64, error) {
	f, err := os.Open(exe)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var head [64]byte // the ELF header
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return 0, err
	}
	const etDyn = 3
	if binary.LittleEndian.Uint16(head[16:]) != etDyn {
		return 0, nil
	}
	entry := binary.LittleEndian.Uint64(head[24:])
	auxv, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		return 0, err
	}
	const atEntry = 9
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		if binary.LittleEndian.Uint64(auxv) == atEntry {
			return binary.LittleEndian.Uint64(auxv[8:]) - entry, nil
		}
	}
	return 0, fmt.Errorf("no entry point in the auxiliary vector")
}
