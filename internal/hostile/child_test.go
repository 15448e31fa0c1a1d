//go:build linux && amd64

package hostile

import (
	"context"
	"os"

	"github.com/gopostmortem/postmortem/internal/cli"
)

const childFile = "POSTMORTEM_HOSTILE_FILE"

func child(path string) int {
	return cli.Run(context.Background(), append(os.Args[1:], path), cli.IO{})
}
