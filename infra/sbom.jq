# Joins bills of materials (CycloneDX) of programs that share most of what they are made of into one.
.[0]
  + { metadata: (.[0].metadata | .component = { type: "application", name: "functions", "bom-ref": "functions" }) }
  + { components: (map(.metadata.component, .components[]) | unique_by(."bom-ref")) }
  + { dependencies: (
      [{ ref: "functions", dependsOn: map(.metadata.component."bom-ref") }]
      + (map(.dependencies[]) | group_by(.ref) | map({ ref: .[0].ref, dependsOn: (map(.dependsOn // [] | .[]) | unique) }))
    ) }
