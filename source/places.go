package source

import (
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"unicode"
)

// place is where a file may be found.
type place struct {
	name   string
	fsys   fs.FS // a registered file system; nil: the machine's
	frozen bool  // never changes once written: its age says nothing
}

// found is the place as a File shows it.
func (p place) found() string {
	if p.fsys != nil {
		return "registered: " + p.name
	}
	return p.name
}

// finder turns compiled paths into places, and remembers what it learnt about
// the machine.
type finder struct {
	c        *Collector
	goroot   func() string
	modcache func() string
	mainDir  func() string
}

func newFinder(c *Collector) *finder {
	f := &finder{c: c}
	f.goroot = sync.OnceValue(func() string { return findGoroot(c.GOROOT, c.GoVersion, f.modcache()) })
	f.modcache = sync.OnceValue(func() string { return findModCache(c.ModCache) })
	f.mainDir = sync.OnceValue(func() string { return findMainDir(c.MainDir, c.Main) })
	return f
}

// places lists where the file could be, best first.
func (f *finder) places(file string) []place {
	file = slashed(file)
	list := lookups(file)
	if isAbs(file) {
		list = append(list, place{name: filepath.FromSlash(file)})
		// The file may have been compiled on another machine with the same modules.
		if i := strings.LastIndex(file, "/pkg/mod/"); i >= 0 {
			return f.inCache(list, file[i+len("/pkg/mod/"):])
		}
		if rest, ok := strings.CutPrefix(file, slashed(f.c.BuildRoot)+"/src/"); ok && f.c.BuildRoot != "" {
			return f.inGoroot(list, rest)
		}
		return list
	}
	file = path.Clean(file)
	if strings.HasPrefix(file, "..") {
		return list
	}
	if strings.Contains(file, "@") {
		return f.inModules(list, file)
	}
	if rest, ok := strings.CutPrefix(file, f.c.Main+"/"); ok && f.c.Main != "" {
		return f.inMain(list, rest)
	}
	if first, _, _ := strings.Cut(file, "/"); !strings.Contains(first, ".") {
		return f.inGoroot(list, file)
	}
	return list
}

// inModules looks for path@version/rest where modules are kept unescaped in
// the path: the compiler was told to shorten it.
func (f *finder) inModules(list []place, file string) []place {
	mod, after, _ := strings.Cut(file, "@")
	version, rest, ok := strings.Cut(after, "/")
	if !ok {
		return list
	}
	for _, m := range f.c.Modules {
		if m.Path != mod || m.Version != version || m.Replace == "" {
			continue
		}
		if m.ReplaceVersion != "" {
			return f.cached(list, m.Replace, m.ReplaceVersion, rest)
		}
		dir := filepath.FromSlash(m.Replace)
		if !filepath.IsAbs(dir) {
			if f.mainDir() == "" {
				return list
			}
			dir = filepath.Join(f.mainDir(), dir)
		}
		return append(list, place{name: filepath.Join(dir, filepath.FromSlash(rest))})
	}
	list = f.cached(list, mod, version, rest)
	if dir := f.mainDir(); dir != "" {
		list = append(list, place{name: filepath.Join(dir, "vendor", filepath.FromSlash(mod), filepath.FromSlash(rest))})
	}
	return list
}

// cached adds the file's place in the module cache.
func (f *finder) cached(list []place, mod, version, rest string) []place {
	return f.inCache(list, escape(mod)+"@"+escape(version)+"/"+rest)
}

// inCache adds a path relative to the module cache, already escaped.
func (f *finder) inCache(list []place, file string) []place {
	if dir := f.modcache(); dir != "" {
		list = append(list, place{name: filepath.Join(dir, filepath.FromSlash(path.Clean("/"+file))), frozen: true})
	}
	return list
}

// inGoroot adds a path relative to the standard library.
func (f *finder) inGoroot(list []place, file string) []place {
	if dir := f.goroot(); dir != "" {
		list = append(list, place{name: filepath.Join(dir, "src", filepath.FromSlash(path.Clean("/"+file))), frozen: true})
	}
	return list
}

// inMain adds a path relative to the root of the main module.
func (f *finder) inMain(list []place, file string) []place {
	if dir := f.mainDir(); dir != "" {
		list = append(list, place{name: filepath.Join(dir, filepath.FromSlash(file))})
	}
	return list
}

// escape writes a module path or version as the module cache spells it:
// capitals are not told apart on every file system.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('!')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// isAbs reports whether the compiled path is absolute on the system it was
// compiled for.
func isAbs(p string) bool {
	return path.IsAbs(p) || len(p) > 2 && p[1] == ':' && p[2] == '/'
}
