package dump

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/capture"
)

// maxStopped bounds how many threads are looked at.
const maxStopped = 1000

// stoppedThreads tells where the threads of this process stand that are in
// system calls, as the kernel says. The registers of threads in C are not to be
// had otherwise: nothing saves them.
func stoppedThreads() []capture.StoppedThread {
	const tasks = "/proc/self/task"
	dir, err := os.Open(tasks)
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(maxStopped) // the rest is not told about
	var out []capture.StoppedThread
	for _, name := range names {
		// The number of the call, six arguments, stack pointer and program
		// counter; of a thread that runs "running", and of one that sleeps elsewhere -1.
		text, err := os.ReadFile(tasks + "/" + name + "/syscall")
		words := strings.Fields(string(text))
		if err != nil || len(words) != 9 {
			continue
		}
		id, err1 := strconv.ParseInt(name, 10, 64)
		sp, err2 := strconv.ParseUint(words[7], 0, 64)
		pc, err3 := strconv.ParseUint(words[8], 0, 64)
		if err1 == nil && err2 == nil && err3 == nil {
			out = append(out, capture.StoppedThread{ID: id, PC: pc, SP: sp})
		}
	}
	return out
}

// stillStopped gives the threads that stood at the same place before and after
// the freeze: there they stood when it came.
func stillStopped(before []capture.StoppedThread) []capture.StoppedThread {
	if len(before) == 0 {
		return nil
	}
	after := stoppedThreads()
	return slices.DeleteFunc(before, func(t capture.StoppedThread) bool { return !slices.Contains(after, t) })
}
