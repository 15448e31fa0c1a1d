package capture

import (
	"errors"
	"fmt"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/types"
)

// maxModules bounds the list of modules in a damaged program, maxModulesLost how
// many of them a dump says that it lacks.
const (
	maxModules     = 4096
	maxModulesLost = 8
)

// mapping says that the bytes of a file from off on lie at the addresses from lo to hi.
type mapping struct {
	lo, hi, off uint64
	path        string
}

// attach opens the modules that the program has besides its executable, which
// are plugins and code that it generated itself, and tells which it could not.
func (e *Engine) attach(mem Memory) (lost []string) {
	first, err := e.img.Module(mem)
	if err != nil || first.Data == 0 {
		return nil
	}
	for addr, n := e.layout.NextModule(mem, first.Data), 0; addr != 0 && n < maxModules; addr, n = e.layout.NextModule(mem, addr), n+1 {
		text, err := image.TextOf(mem, addr)
		if err != nil || e.img.At(text) != e.img {
			continue
		}
		why, known := e.refused[text]
		if !known {
			why = e.open(mem, text, addr)
		}
		if why != "" {
			lost = append(lost, why)
		}
	}
	if more := len(lost) - maxModulesLost; more > 0 {
		lost = append(lost[:maxModulesLost], fmt.Sprintf("frames and types of %d more modules.", more))
	}
	return lost
}

// open opens one module's file, or takes what lies in memory; if that fails it
// says why, and does not try again.
func (e *Engine) open(mem Memory, text, moduledata uint64) (why string) {
	err := errors.New("its file is not known")
	var m mapping
	if e.mapped != nil {
		m, err = e.mapped(text)
	}
	if err == nil {
		var img *image.Image
		if img, err = image.OpenMapped(m.path, m.lo, m.hi, m.off, mem); err == nil {
			img.DebugDirs = e.img.DebugDirs
			e.img.Attach(img)
			return ""
		}
	} else if img, failed := image.OpenGenerated(mem, moduledata); failed == nil {
		e.img.Attach(img)
		return ""
	}
	if e.refused == nil {
		e.refused = map[uint64]string{}
	}
	e.refused[text] = "frames and types of a plugin: " + err.Error() + "."
	return e.refused[text]
}

// addTypes makes the types of modules known that were attached since.
func (e *Engine) addTypes(mem Memory) {
	for _, img := range e.img.Attached()[e.types.added:] {
		e.types.added++
		if img.Generated() {
			continue
		}
		md, _ := img.Module(mem) // it was there when the image was opened
		e.types.Add(img, types.Module{Types: md.Types, ETypes: md.ETypes})
	}
}
