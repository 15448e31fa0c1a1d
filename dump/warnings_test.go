package dump

import "testing"

func TestGoMinor(t *testing.T) {
	for version, want := range map[string]int{
		"go1.27.0": 27, "go1.25": 25, "go1.28-rc1": 28, "go1.26.8 X:nodwarf5": 26, "devel go1.28-abcdef Mon": 28,
		"": -1, "go2": -1, "go1.": -1, "devel +abcdef": -1, "go1.99999999999999999999": -1,
	} {
		got, ok := goMinor(version)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("goMinor(%q) = %d, want %d", version, got, want)
		}
	}
}
