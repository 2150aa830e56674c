namespace Virtio.Bench.Guests;

/// <summary>One boot, from the start of the process to the shell's prompt.</summary>
/// <param name="Seconds">How long it took.</param>
/// <param name="ProcessorSeconds">What it took of the host's processors.</param>
/// <param name="Megabytes">The memory that the process keeps at the prompt, without the guest's; null where the guest's was not found.</param>
internal sealed record GuestBoot(double Seconds, double ProcessorSeconds, double? Megabytes);
