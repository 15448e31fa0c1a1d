package capture

import (
	"errors"
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
)

// Missing names what captures of this program lack and why, a sentence each.
func (e *Engine) Missing(m *model.Meta) (out []string) {
	err := e.img.HasDWARF()
	switch {
	case err == nil:
	case errors.Is(err, image.ErrNoDWARF) && throwaway(m.Exe):
		out = append(out, "variables: no DWARF: go run and go test leave it out; use go build, or go test -c.")
	default:
		out = append(out, "variables: "+err.Error()+".")
	}
	if !goroutine.KnownVersion(m.GoVersion) {
		out = append(out, "certainty: the runtime of "+m.GoVersion+" is not known here, the newest known is that of "+goroutine.NewestVersion()+".")
	}
	return out
}

// missing adds what only a capture finds out.
func (c *run) missing() []string {
	out := c.e.Missing(c.r.Meta)
	if what := c.e.layout.Missing(); what != "" {
		out = append(out, "goroutines: the runtime does not have "+what+" where it is known to.")
	}
	if _, err := c.e.types.Channels(); err != nil {
		out = append(out, "channels: what they hold: "+err.Error()+".")
	}
	if err := c.e.types.Maps(); err != nil {
		out = append(out, "maps: their entries: "+err.Error()+".")
	}
	return out
}

// throwaway tells the executables that go run and go test make for themselves.
func throwaway(exe string) bool { return strings.Contains(exe, "/go-build") }
