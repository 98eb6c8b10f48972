// Makes the records of a zone what standard input says, as the program external-dns does in one round: with its own plan, its
// provider for the API and its registry of TXT records. Only where the wanted records come from differs: JSON in the place of
// Kubernetes. Prints the changes that it makes.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/provider/cloudflare"
	"sigs.k8s.io/external-dns/registry/txt"
)

func main() {
	zone := os.Args[1]
	var wanted []struct {
		Name, Type string
		Targets    []string
		TTL        int64
	}
	must(json.NewDecoder(os.Stdin).Decode(&wanted))
	desired := []*endpoint.Endpoint{}
	for _, each := range wanted {
		desired = append(desired, endpoint.NewEndpointWithTTL(each.Name, each.Type, endpoint.TTL(each.TTL), each.Targets...))
	}

	types := []string{"A", "AAAA", "CNAME", "TXT"}
	filter := endpoint.NewDomainFilter([]string{zone})
	config := externaldns.Config{
		TXTOwnerID:                  "test",
		ManagedDNSRecordTypes:       types,
		CloudflareDNSRecordsPerPage: 100,
		BatchChangeSize:             200,
	}
	ctx := context.Background()
	provider, err := cloudflare.New(ctx, &config, filter)
	must(err)
	registry, err := txt.New(&config, provider)
	must(err)
	current, err := registry.Records(ctx)
	must(err)
	desired, err = registry.AdjustEndpoints(desired)
	must(err)
	made := (&plan.Plan{
		Policies:       []plan.Policy{&plan.SyncPolicy{}},
		Current:        current,
		Desired:        desired,
		DomainFilter:   endpoint.MatchAllDomainFilters{filter, registry.GetDomainFilter()},
		ManagedRecords: types,
		OwnerID:        registry.OwnerID(),
	}).Calculate()
	changes := made.Changes
	fmt.Printf("create %d, update %d, delete %d\n", len(changes.Create), len(changes.UpdateNew), len(changes.Delete))
	if changes.HasChanges() {
		must(registry.ApplyChanges(ctx, changes))
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
