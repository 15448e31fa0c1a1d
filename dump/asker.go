package dump

import (
	"runtime"

	"github.com/gopostmortem/postmortem/internal/model"
)

// currentGoroutine gives the id of the calling goroutine. The runtime tells it
// in the first line of a traceback only: "goroutine 18 [running]:".
func currentGoroutine() model.GoID {
	var buf [64]byte
	line := buf[:runtime.Stack(buf[:], false)]
	const word = len("goroutine ")
	var id model.GoID
	for i := word; i < len(line) && '0' <= line[i] && line[i] <= '9'; i++ {
		id = id*10 + model.GoID(line[i]-'0')
	}
	return id
}
