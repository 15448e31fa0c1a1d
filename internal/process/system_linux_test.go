package process

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/internal/model"
)

func TestUptime(t *testing.T) {
	n, err := uptime()
	if err != nil || n < 0 || time.Duration(n) > 24*time.Hour {
		t.Errorf("uptime of this test: %v, %v", time.Duration(n), err)
	}
	stat := "42 (a (nasty) name) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 5000 100 200"
	if n, err := uptimeOf(stat, "60.50 10.0\n"); err != nil || time.Duration(n) != 10500*time.Millisecond {
		t.Errorf("uptimeOf = %v, %v, want 10.5s", time.Duration(n), err)
	}
	for _, bad := range []string{"", "42 (x", "42 (x) S 1"} {
		if _, err := uptimeOf(bad, "60"); err == nil {
			t.Errorf("uptimeOf(%q) gives no error", bad)
		}
	}
}

func TestLimits(t *testing.T) {
	got := rlimits("Limit                     Soft Limit           Hard Limit           Units     \n" +
		"Max cpu time              unlimited            unlimited            seconds   \n" +
		"Max nice priority         0                    0                    \n")
	want := []model.KV{{Key: "Max cpu time", Value: "unlimited unlimited seconds"}, {Key: "Max nice priority", Value: "0 0"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := rlimits("nonsense"); got != nil {
		t.Errorf("of nonsense: %v", got)
	}

	root := t.TempDir()
	for name, text := range map[string]string{
		"a/b/memory.max": "1048576\n", "pids.max": "max\n", "a/b/memory/x": "",
		"memory/a/b/memory.limit_in_bytes": "77\n", "cpu/cpu.cfs_quota_us": "-1\n",
	} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got = cgroupLimits("3:memory:/a/b\n2:cpu,cpuacct:/../../etc\n0::/a/b\nnonsense\n", root)
	want = []model.KV{
		{Key: "cgroup memory.limit_in_bytes", Value: "77"}, {Key: "cgroup cpu.cfs_quota_us", Value: "-1"},
		{Key: "cgroup memory.max", Value: "1048576"}, {Key: "cgroup pids.max", Value: "max"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
