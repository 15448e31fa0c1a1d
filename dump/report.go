package dump

import (
	"fmt"
	"os"
)

// report says something to the people who run the program.
func report(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stderr, "postmortem: "+format+"\n", args...)
}
