// One model loaded into onnxruntime: values in, the outputs its manifest names out.
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { Model } from './models.ts';

/** 0 verbose to 4 fatal; 3 leaves out the hundreds of warnings that old PyTorch exports give. */
export type LogSeverity = 0 | 1 | 2 | 3 | 4;

export class Network<M extends Model = Model> {
  readonly model: M;
  readonly #session: InferenceSession;

  private constructor(model: M, session: InferenceSession) {
    this.model = model;
    this.#session = session;
  }

  /**
   * One thread a session: `run` blocks its thread anyway, and the pool has a worker for each core.
   * @throws {Error} naming the file when onnxruntime cannot read it or it lacks a tensor that the manifest names
   */
  static async open<M extends Model>(model: M, logSeverity: LogSeverity): Promise<Network<M>> {
    env.logLevel = 'error';
    const session = await InferenceSession.create(model.path, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: logSeverity,
    }).catch((error: Error) => {
      throw new Error(`The model file ${model.path} cannot be loaded: ${error.message}`);
    });
    const tensors = [...session.inputNames, ...session.outputNames];
    const absent = [model.input.name, ...Object.values(model.outputs)].find(
      (name) => !tensors.includes(name),
    );
    if (absent !== undefined)
      throw new Error(
        `The model file ${model.path} has no tensor ${absent}; it has ${tensors.join(', ')}: correct its manifest.`,
      );
    return new Network(model, session);
  }

  /** Side of the input. Throws an Error where the manifest gives no fixed square. */
  get side(): number {
    const { id, input } = this.model;
    if (typeof input.width !== 'number' || input.width !== input.height)
      throw new Error(`The model ${id} needs a fixed square input in its manifest.`);
    return input.width;
  }

  /** Runs a batch of one picture of the given size. */
  async run(
    values: Float32Array,
    width: number,
    height: number,
  ): Promise<Record<keyof M['outputs'], Float32Array>> {
    const { input } = this.model;
    const outputs: Record<string, string> = this.model.outputs;
    const depth = input.mean.length;
    const shape = input.layout === 'NCHW' ? [1, depth, height, width] : [1, height, width, depth];
    const found = await this.#session.run(
      { [input.name]: new Tensor('float32', values, shape) },
      Object.values(outputs),
    );
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, found[tensor]!.data as Float32Array]),
    ) as Record<keyof M['outputs'], Float32Array>;
  }
}
