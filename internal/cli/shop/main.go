// Shop is the sample service of `postmortem demo`: a small web shop with a bug.
// It serves until its standard input ends. When a handler panics it writes a
// dump to the file that its argument names, answers 500 and goes on.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("shop: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: shop DUMPFILE")
	}
	if err := dump.Configure(dump.File(os.Args[1]), dump.Label("service", "shop"), dump.Label("region", "eu-west")); err != nil {
		log.Fatal(err)
	}
	shop := newShop()
	startWorkers(shop)

	mux := http.NewServeMux()
	mux.HandleFunc("POST /checkout", shop.checkout)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", l.Addr())
	server := &http.Server{Handler: recovering(mux), ReadHeaderTimeout: 10 * time.Second}
	go func() { log.Fatal(server.Serve(l)) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// recovering answers 500 when a handler panics, and leaves a dump.
func recovering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				path, err := dump.Capture(p)
				if err != nil {
					log.Print(err)
				}
				log.Printf("panic: %v; dump: %s", p, path)
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}
