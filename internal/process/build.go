package process

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/gopostmortem/postmortem/internal/model"
)

// module is this project's module.
const module = "github.com/gopostmortem/postmortem"

// build fills in how the program was built.
func (d describer) build() {
	if info, ok := debug.ReadBuildInfo(); ok {
		d.fromBuildInfo(info)
	} else {
		d.missing("modules and build settings", errors.New("the executable has no build information"))
		d.Producer = "postmortem"
	}
	ids := buildIDs()
	d.BuildID, d.GNUBuildID = ids.goID, ids.gnuID
	if ids.err != nil {
		d.missing("the build ID", ids.err)
	}
}

func (d describer) fromBuildInfo(info *debug.BuildInfo) {
	d.MainPath, d.MainVersion = info.Path, info.Main.Version
	d.Optimized = true
	d.Producer = "postmortem (devel)"
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == "" {
			continue
		}
		mod := model.Module{Path: m.Path, Version: m.Version, Sum: m.Sum}
		if r := m.Replace; r != nil {
			mod.Replace, mod.Sum = r.Path, r.Sum
			if r.Version != "" {
				mod.Replace += "@" + r.Version
			}
		}
		d.Modules = append(d.Modules, mod)
		if m.Path == module && m.Version != "" {
			d.Producer = "postmortem " + m.Version
		}
	}
	for _, s := range info.Settings {
		d.Settings = append(d.Settings, model.KV{Key: s.Key, Value: s.Value})
		if s.Key == "-gcflags" && disablesOptimisation(s.Value) {
			d.Optimized = false
		}
	}
}

// disablesOptimisation reports whether -gcflags has the compiler's -N.
func disablesOptimisation(gcflags string) bool {
	for _, f := range strings.FieldsFunc(gcflags, func(r rune) bool { return strings.ContainsRune(` ='"`, r) }) {
		if f == "-N" {
			return true
		}
	}
	return false
}

// ids are the identifiers of the executable.
type ids struct {
	goID, gnuID string
	err         error
}

// buildIDs reads them once: the executable does not change while it runs.
var buildIDs = sync.OnceValue(func() ids {
	exe, err := "/proc/self/exe", error(nil) // right even if the executable was replaced
	if runtime.GOOS != "linux" {
		exe, err = os.Executable()
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(exe)
	}
	if err != nil {
		return ids{err: err}
	}
	defer f.Close()
	return readIDs(f)
})

// readIDs looks for the identifiers in the first bytes of an executable, where
// the linker puts them on every system.
func readIDs(r io.Reader) ids {
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.ErrUnexpectedEOF {
		return ids{err: err}
	}
	head = head[:n]
	var id ids
	const noteGo, noteGNU = 4, 3
	id.goID = string(note(head, noteGo, "Go\x00\x00"))
	id.gnuID = hex.EncodeToString(note(head, noteGNU, "GNU\x00"))
	if _, rest, ok := bytes.Cut(head, []byte("\xff Go build ID: \"")); id.goID == "" && ok { // not ELF
		if text, _, ok := bytes.Cut(rest, []byte("\"\n \xff")); ok {
			id.goID = string(text)
		}
	}
	if id.goID == "" {
		id.err = errors.New("the executable has none")
	}
	return id
}

// note gives the content of an ELF note: name size, content size, type, name,
// content. The executables of all 64-bit Go systems but s390x and ppc64 are
// little endian; of others there is no note to be found this way.
func note(b []byte, typ uint32, name string) []byte {
	for at := 12; ; at++ {
		i := bytes.Index(b[min(at, len(b)):], []byte(name))
		if i < 0 {
			return nil
		}
		at += i
		head := b[at-12 : at]
		size := binary.LittleEndian.Uint32(head[4:])
		content := b[at+len(name):]
		if binary.LittleEndian.Uint32(head) == uint32(len(name)) && binary.LittleEndian.Uint32(head[8:]) == typ && int64(size) <= int64(len(content)) {
			return content[:size]
		}
	}
}
