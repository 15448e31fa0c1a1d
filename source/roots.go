package source

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// findGoroot gives the root of the toolchain that built the program, or "".
func findGoroot(given, version, modcache string) string {
	tries := []string{given, os.Getenv("GOROOT")}
	if modcache != "" && version != "" {
		tries = append(tries, filepath.Join(modcache, "golang.org",
			"toolchain@v0.0.1-"+version+"."+runtime.GOOS+"-"+runtime.GOARCH))
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if exe, err := filepath.EvalSymlinks(filepath.Join(dir, "go")); err == nil {
			tries = append(tries, filepath.Dir(filepath.Dir(exe)))
		}
	}
	tries = append(tries, "/usr/local/go", "/usr/lib/go")
	for _, dir := range tries {
		if dir != "" && isToolchain(dir, version) {
			return dir
		}
	}
	return ""
}

// isToolchain reports whether dir holds the standard library of this version.
func isToolchain(dir, version string) bool {
	text, err := readRegular(filepath.Join(dir, "VERSION"), 4096)
	if err != nil {
		return false
	}
	first, _, _ := strings.Cut(string(text), "\n")
	// Version may go on with experiments: "go1.26.1 X:nodwarf5".
	wanted, _, _ := strings.Cut(version, " ")
	return version == "" || strings.TrimSpace(first) == wanted
}

// findModCache gives the module cache, as the go command finds it, or "".
func findModCache(given string) string {
	if given != "" {
		return given
	}
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	if list := filepath.SplitList(os.Getenv("GOPATH")); len(list) > 0 && list[0] != "" {
		return filepath.Join(list[0], "pkg", "mod")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, "go", "pkg", "mod")
	}
	return ""
}

// findMainDir gives the root of the main module's checkout, seen from the
// working directory or from the executable, or "".
func findMainDir(given, main string) string {
	if given != "" {
		return given
	}
	if main == "" {
		return ""
	}
	var starts []string
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe))
	}
	for _, dir := range starts {
		for {
			if declares(filepath.Join(dir, "go.mod"), main) {
				return dir
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return ""
}

// declares reports whether the go.mod file is that of the module.
func declares(gomod, module string) bool {
	text, err := readRegular(gomod, DefaultMaxFile)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "module"); ok {
			name, _, _ := strings.Cut(rest, "//")
			return strings.Trim(strings.TrimSpace(name), `"`+"`") == module
		}
	}
	return false
}
