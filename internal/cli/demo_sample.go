package cli

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// module is this project's import path.
const module = "github.com/gopostmortem/postmortem"

//go:embed shop/*.go
var sampleSource embed.FS

// buildSample builds the sample service into dir. From a checkout, or the
// module cache, it is built where it lies; a command that was taken away from
// there builds a copy against the published module of its own version.
func buildSample(ctx context.Context, dir string) (exe string, err error) {
	if _, err := exec.LookPath("go"); err != nil {
		return "", errors.New("the demo builds its sample service with the go command, which is not in the path")
	}
	exe = filepath.Join(dir, "shop")
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	if root := sourceRoot(); root != "" {
		return exe, goBuild(ctx, root, "build", "-o", exe, "./internal/cli/shop")
	}
	version := ownVersion()
	if version == "" {
		return "", errors.New("the demo needs the project's source to build its sample service: run it in a checkout, or from a released version")
	}
	if err := copySample(dir, version); err != nil {
		return "", err
	}
	return exe, goBuild(ctx, dir, "build", "-mod=mod", "-o", exe, ".")
}

// sourceRoot is the directory of the project's source, "" if it is not here.
func sourceRoot() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) { // -trimpath
		return ""
	}
	root := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || !bytes.HasPrefix(text, []byte("module "+module+"\n")) {
		return ""
	}
	return root
}

// ownVersion is the released version this command was built from, "" for none.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == module && m.Version != "" && m.Version != "(devel)" {
			return m.Version
		}
	}
	return ""
}

// copySample writes the sample service as a module of its own.
func copySample(dir, version string) error {
	files, err := sampleSource.ReadDir("shop")
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := sampleSource.ReadFile("shop/" + f.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name()), text, 0o600); err != nil {
			return err
		}
	}
	mod := fmt.Sprintf("module shop\n\ngo 1.25.0\n\nrequire %s %s\n", module, version)
	return os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o600)
}

// goBuild runs the go command.
func goBuild(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// The request that meets the bug.
const (
	crashPath = "/checkout?campaign=spring"
	crashBody = `{
  "ID": 1042,
  "Customer": {"Name": "Wile E. Coyote", "Email": "wile@example.com",
    "Address": {"Street": "1 Mesa Road", "City": "Monument Valley", "Country": "US"},
    "Tags": {"segment": "loyal"}},
  "Lines": [{"SKU": "rocket skates", "Count": 1}, {"SKU": "bird seed", "Count": 12}],
  "Coupons": ["ROADRUNNER"]
}`
)

// crashSample runs the service, sends it the request and stops it.
func crashSample(ctx context.Context, std IO, exe, output string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, output)
	cmd.Stderr = &lineWriter{std: std}
	in, err := cmd.StdinPipe() // the service ends with it, whatever becomes of us
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, in.Close(), cmd.Wait())
	}()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("the sample service did not start: %w", err)
	}
	url = strings.TrimSpace(url)
	warn(std, "the service runs as process %d on %s", cmd.Process.Pid, url)
	status, err := post(ctx, url+crashPath)
	if err != nil {
		return fmt.Errorf("the request to the sample service: %w", err)
	}
	warn(std, "POST %s: %s", crashPath, status)
	return nil
}

// post sends the request, and gives the status of the answer.
func post(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(crashBody))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Request-Id", "demo-7f3a")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.Status, err
}

// lineWriter passes the service's words on, line by line.
type lineWriter struct {
	std  IO
	rest []byte
}

// Write implements io.Writer.
func (l *lineWriter) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		warn(l.std, "%s", l.rest[:i])
		l.rest = l.rest[i+1:]
	}
}
