package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// version says which command this is, and which dumps it knows.
func version() string {
	module := "(devel)"
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		module = b.Main.Version
	}
	return fmt.Sprintf("%s, dump format %d.%d", module, wire.Major, wire.Minor)
}
