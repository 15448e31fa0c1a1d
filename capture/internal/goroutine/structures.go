package goroutine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/image"
)

// structures tells how the runtime's structures are laid out.
type structures interface {
	size(name string) (uint64, error)
	// offset finds a member by its path in a structure: "sched.sp".
	offset(name, path string) (uint64, bool)
}

// inDWARF reads them from the program's debug information.
type inDWARF struct{ img *image.Image }

func (d inDWARF) size(name string) (uint64, error) {
	s, err := d.img.RuntimeStruct(name)
	if err != nil {
		return 0, err
	}
	return s.Size, nil
}

func (d inDWARF) offset(name, path string) (uint64, bool) {
	s, err := d.img.RuntimeStruct(name)
	if err != nil {
		return 0, false
	}
	return d.img.Offset(s, strings.Split(path, ".")...)
}

// inTable reads them from the table, for one version of Go.
type inTable struct{ column int }

// known is one row of the table: an offset, a size where there is no path, or a
// number; for each version, -1 where it has none.
type known struct {
	path string // runtime.g:sched.sp
	at   [len(tableVersions)]int16
}

// tableFor gives the part of the table that is about a version of Go: "go1.26.8".
func tableFor(version string) (inTable, error) {
	for i, v := range tableVersions {
		if rest, ok := strings.CutPrefix(version, v); ok && (rest == "" || rest[0] < '0' || rest[0] > '9') {
			return inTable{i}, nil
		}
	}
	return inTable{}, fmt.Errorf("the layout of the runtime of %q is not known", version)
}

func (t inTable) offset(name, path string) (uint64, bool) {
	key := name + ":" + path
	for i := range offsets {
		if k := &offsets[i]; k.path == key {
			return uint64(k.at[t.column]), k.at[t.column] >= 0
		}
	}
	return 0, false
}

func (t inTable) size(name string) (uint64, error) {
	size, ok := t.offset(name, "")
	if !ok {
		return 0, fmt.Errorf("the size of %s is not known", name)
	}
	return size, nil
}

const sched, customProcs = "runtime.schedt", "customGOMAXPROCS"

// CustomProcs finds the address of runtime.sched.customGOMAXPROCS, from Go 1.25
// on. It is asked for before the program is frozen: DWARF is looked at only
// where runtime.GOMAXPROCS itself does not show it.
func CustomProcs(img *image.Image) (uint64, error) {
	if addr, ok := referredProcs(img); ok {
		return addr, nil
	}
	addr, _, err := img.Global("runtime.sched")
	if err != nil {
		return 0, err
	}
	off, ok := inDWARF{img}.offset(sched, customProcs)
	if !ok {
		return 0, fmt.Errorf("%s has no field %s", sched, customProcs)
	}
	return addr + off, nil
}

// referredProcs looks in the code of runtime.GOMAXPROCS, which refers to
// sched's lock and, in the right distance, to the field.
func referredProcs(img *image.Image) (uint64, bool) {
	table, err := tableFor(img.GoVersion())
	if err != nil {
		return 0, false
	}
	at, ok1 := table.offset(sched, customProcs)
	from, ok2 := table.offset(sched, "lock")
	refs := img.References("runtime.GOMAXPROCS")
	for _, addr := range refs {
		if ok1 && ok2 && slices.Contains(refs, addr-from+at) {
			return addr - from + at, true
		}
	}
	return 0, false
}
