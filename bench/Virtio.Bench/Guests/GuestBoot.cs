namespace Virtio.Bench.Guests;

/// <summary>One boot, from the start of the process to the shell's prompt.</summary>
/// <param name="Seconds">Its duration.</param>
/// <param name="ProcessorSeconds">The processor time of the host.</param>
/// <param name="Megabytes">
/// The resident memory of the process at the prompt, without the guest's memory; null if the guest's memory was not found.
/// </param>
internal sealed record GuestBoot(double Seconds, double ProcessorSeconds, double? Megabytes);
