package process

import (
	"errors"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gopostmortem/postmortem/internal/model"
)

// readSmall reads a file of /proc or /sys, which has no size of its own.
func readSmall(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 64<<10))
	return string(b), err
}

// uptime is the time since the process began, in nanoseconds.
func uptime() (int64, error) {
	stat, err := readSmall("/proc/self/stat")
	if err != nil {
		return -1, err
	}
	since, err := readSmall("/proc/uptime")
	if err != nil {
		return -1, err
	}
	return uptimeOf(stat, since)
}

// uptimeOf takes it from the content of the two files. The name in the first
// may hold spaces and parentheses.
func uptimeOf(stat, sinceBoot string) (int64, error) {
	const startField, ticks = 22 - 3, 100 // counted behind the name; USER_HZ
	errFormat := errors.New("/proc has another format")
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) <= startField {
		return -1, errFormat
	}
	start, err := strconv.ParseInt(fields[startField], 10, 64)
	if err != nil {
		return -1, errFormat
	}
	word, _, _ := strings.Cut(sinceBoot, " ")
	boot, err := time.ParseDuration(strings.TrimSpace(word) + "s")
	if err != nil {
		return -1, errFormat
	}
	return max(0, int64(boot)-start*int64(time.Second)/ticks), nil
}

// limits fills in resource limits, cgroup limits and the memory in use.
func (d describer) limits() {
	if text, err := readSmall("/proc/self/limits"); err == nil {
		d.Limits = append(d.Limits, rlimits(text)...)
	} else {
		d.missing("resource limits", err)
	}
	if text, err := readSmall("/proc/self/cgroup"); err == nil {
		d.Limits = append(d.Limits, cgroupLimits(text, "/sys/fs/cgroup")...)
	} else {
		d.missing("cgroup limits", err)
	}
	text, err := readSmall("/proc/self/status")
	if err != nil {
		d.missing("memory in use", err)
	}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name != "VmRSS" && name != "VmHWM" && name != "VmSwap" && name != "Threads" {
			continue
		}
		value, kilo := strings.CutSuffix(strings.TrimSpace(value), " kB")
		if n, err := strconv.ParseInt(value, 10, 53); err == nil {
			if kilo {
				n *= 1024
			}
			d.stat(name, n)
		}
	}
}

// rlimits takes the table of /proc/self/limits apart: its columns are aligned
// with its first line.
func rlimits(text string) []model.KV {
	head, rows, _ := strings.Cut(text, "\n")
	soft := strings.Index(head, "Soft Limit")
	if soft < 0 {
		return nil
	}
	var out []model.KV
	for row := range strings.Lines(rows) {
		if len(row) > soft {
			out = append(out, model.KV{Key: strings.TrimSpace(row[:soft]), Value: strings.Join(strings.Fields(row[soft:]), " ")})
		}
	}
	return out
}

// cgroupFiles are the limits of a control group, by the hierarchy's controller;
// "" is version 2.
var cgroupFiles = map[string][]string{
	"":       {"memory.max", "memory.high", "memory.current", "memory.swap.max", "cpu.max", "pids.max"},
	"memory": {"memory.limit_in_bytes", "memory.usage_in_bytes"},
	"cpu":    {"cpu.cfs_quota_us", "cpu.cfs_period_us"},
	"pids":   {"pids.max"},
}

// cgroupLimits reads the limits of the groups that /proc/self/cgroup lists. In
// a container the path may be the host's: then the root is the group's own.
func cgroupLimits(text, root string) []model.KV {
	var out []model.KV
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for _, controller := range strings.Split(parts[1], ",") {
			for _, file := range cgroupFiles[controller] {
				for _, dir := range []string{path.Join(root, controller, path.Clean("/"+parts[2])), path.Join(root, controller)} {
					if value, err := readSmall(path.Join(dir, file)); err == nil {
						out = append(out, model.KV{Key: "cgroup " + file, Value: strings.TrimSpace(value)})
						break
					}
				}
			}
		}
	}
	return out
}
