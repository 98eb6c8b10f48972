// Answers a challenge for a domain with lego's own provider, prints the TXT records that the name server of this machine has then,
// and removes the record again.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/providers/dns/cloudflare"
)

func main() {
	ctx := context.Background()
	domain, token, key := os.Args[1], "token", "token.key"
	provider, err := cloudflare.NewDNSProvider()
	must(err)
	must(provider.Present(ctx, domain, token, key))
	info := dns01.GetChallengeInfo(ctx, domain, key)
	for tries := 0; tries < 100; tries++ {
		found, _ := net.DefaultResolver.LookupTXT(ctx, info.EffectiveFQDN)
		if len(found) == 1 && found[0] == info.Value {
			fmt.Println("answered")
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	must(provider.CleanUp(ctx, domain, token, key))
	fmt.Println("removed")
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
