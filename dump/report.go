package dump

import (
	"fmt"
	"os"
	"sync"
)

// report says something to the people who run the program.
func report(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stderr, "postmortem: "+format+"\n", args...)
}

// maxReported bounds the messages that are remembered; no more are reported.
const maxReported = 64

var reported struct {
	sync.Mutex
	messages map[string]bool
}

// reportOnce says something that need not be repeated.
func reportOnce(message string) {
	reported.Lock()
	known := reported.messages[message] || len(reported.messages) >= maxReported
	if !known {
		if reported.messages == nil {
			reported.messages = map[string]bool{}
		}
		reported.messages[message] = true
	}
	reported.Unlock()
	if !known {
		report("%s", message)
	}
}
