using System.Text.Json.Serialization;

namespace Virtio.Cli;

/// <summary>Writes a report without reflection, which the native binary does not have.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProbeReport))]
internal sealed partial class ProbeJson : JsonSerializerContext;
