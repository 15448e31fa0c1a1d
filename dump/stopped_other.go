//go:build !linux

package dump

import "github.com/gopostmortem/postmortem/capture"

// This system does not tell where threads stand.

func stoppedThreads() []capture.StoppedThread { return nil }

func stillStopped([]capture.StoppedThread) []capture.StoppedThread { return nil }
