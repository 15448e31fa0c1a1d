package capture

import (
	"errors"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/types"
)

// maxModules bounds the list of modules in a damaged program.
const maxModules = 1000

// mapping says that the bytes of a file from off on lie at the addresses from lo to hi.
type mapping struct {
	lo, hi, off uint64
	path        string
}

// attach opens the files of the modules that the program has loaded besides its
// executable, which are plugins, and tells which it could not.
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
			why = e.open(mem, text)
		}
		if why != "" {
			lost = append(lost, why)
		}
	}
	return lost
}

// open opens one module's file; if that fails it says why, and does not try again.
func (e *Engine) open(mem Memory, text uint64) (why string) {
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
		md, _ := img.Module(mem) // it was there when the image was opened
		e.types.Add(img, types.Module{Types: md.Types, ETypes: md.ETypes})
		e.types.added++
	}
}
