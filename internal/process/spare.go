package process

import (
	"strconv"

	"github.com/gopostmortem/postmortem/internal/model"
)

// Spare is how much memory the control groups leave to the program, as Describe
// found; 0 if nothing is known of a limit.
func Spare(m *model.Meta) int64 {
	known := map[string]int64{}
	for _, l := range m.Limits {
		if n, err := strconv.ParseInt(l.Value, 10, 64); err == nil {
			known[l.Key] = n
		}
	}
	spare := int64(0)
	for _, group := range [...]struct{ limit, used string }{
		{"cgroup memory.max", "cgroup memory.current"},
		{"cgroup memory.limit_in_bytes", "cgroup memory.usage_in_bytes"},
	} {
		limit, ok := known[group.limit]
		const none = 1 << 60 // the first version's way to say that there is none
		if !ok || limit >= none {
			continue
		}
		if left := max(limit-known[group.used], 2); spare == 0 || left < spare {
			spare = left
		}
	}
	return spare
}
