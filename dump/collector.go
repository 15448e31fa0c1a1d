package dump

import (
	"os"
	"path"
	"reflect"
	"runtime"
	"strings"
	"time"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/source"
)

// collector prepares the search for source files.
func (j *job) collector(m *model.Meta) *source.Collector {
	c := &source.Collector{Off: !j.settings.source, Built: builtAt(), GoVersion: m.GoVersion, BuildRoot: buildRoot()}
	for i, mod := range m.Modules {
		if i == 0 {
			c.Main = mod.Path
		}
		if mod.Replace != "" {
			with, version, _ := strings.Cut(mod.Replace, "@")
			c.Modules = append(c.Modules, source.Module{Path: mod.Path, Version: mod.Version, Replace: with, ReplaceVersion: version})
		}
	}
	return c
}

// builtAt is when the executable was written; zero if that is not known.
func builtAt() time.Time {
	for _, name := range []string{"/proc/self/exe", executable()} {
		if info, err := os.Stat(name); err == nil {
			return info.ModTime()
		}
	}
	return time.Time{}
}

func executable() string {
	exe, err := os.Executable()
	if err != nil {
		return ""
	}
	return exe
}

// buildRoot is the GOROOT that the compiler recorded: a file of the standard
// library shows it. Under -trimpath there is none.
func buildRoot() string {
	fn := runtime.FuncForPC(reflect.ValueOf(path.Clean).Pointer())
	if fn == nil {
		return ""
	}
	file, _ := fn.FileLine(fn.Entry())
	root, ok := strings.CutSuffix(file, "/src/path/path.go")
	if !ok {
		return ""
	}
	return root
}
